#include "proxy/upstream/maglev_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace fairlead::upstream {
namespace {

constexpr std::uint32_t slot_count = 1021;

std::vector<maglev_backend> backends_of(std::size_t count)
{
    std::vector<maglev_backend> backends;
    for (std::size_t i = 0; i < count; ++i)
        backends.push_back({"10.5.0." + std::to_string(20 + i), 1});
    return backends;
}

std::vector<std::size_t> shares(const std::vector<std::size_t>& slots, std::size_t backend_count)
{
    std::vector<std::size_t> counts(backend_count);
    for (const std::size_t each : slots)
        ++counts.at(each);
    return counts;
}

// The names that own the slots, which compare where indices do not.
std::vector<std::string> owners(const std::vector<maglev_backend>& backends)
{
    std::vector<std::string> names;
    for (const std::size_t each : maglev_slots(backends, slot_count))
        names.push_back(backends[each].name);
    return names;
}

} // namespace

TEST_CASE("no backends share nothing, one has it all")
{
    CHECK(maglev_slots({}, slot_count).empty());
    const auto backends = backends_of(1);
    CHECK(shares(maglev_slots(backends, slot_count), 1) == std::vector<std::size_t>{slot_count});
}

TEST_CASE("equal weights get shares that differ by one slot at most, for any number of backends")
{
    for (std::size_t count = 2; count <= 128; ++count) {
        const auto counts = shares(maglev_slots(backends_of(count), slot_count), count);
        CAPTURE(count);
        CHECK(std::ranges::max(counts) - std::ranges::min(counts) <= 1);
    }
}

TEST_CASE("shares follow the weights to within a slot for each backend")
{
    std::vector<maglev_backend> backends{{"a", 1}, {"b", 2}, {"c", 4}};
    const auto counts = shares(maglev_slots(backends, slot_count), 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const double fair = slot_count * backends[i].weight / 7.0;
        CHECK(static_cast<double>(counts[i]) == doctest::Approx(fair).epsilon(0.01));
    }
}

TEST_CASE("the lightest of many still has a slot")
{
    auto backends = backends_of(128);
    for (auto& each : backends)
        each.weight = 100;
    backends.back().weight = 1;
    CHECK(shares(maglev_slots(backends, 251), 128).back() >= 1);
}

TEST_CASE("the order in which backends are listed does not matter")
{
    auto backends = backends_of(7);
    backends[2].weight = 3;
    const auto before = owners(backends);
    std::ranges::reverse(backends);
    CHECK(owners(backends) == before);
}

TEST_CASE("a backend that leaves moves its own slots and few of the others'")
{
    for (std::size_t gone = 0; gone < 10; ++gone) {
        auto backends = backends_of(10);
        const auto before = owners(backends);
        const std::string name = backends[gone].name;
        backends.erase(backends.begin() + static_cast<std::ptrdiff_t>(gone));
        const auto after = owners(backends);
        std::size_t moved = 0;
        for (std::size_t i = 0; i < slot_count; ++i) {
            CHECK(after[i] != name);
            moved += before[i] != name && before[i] != after[i] ? 1 : 0;
        }
        CHECK(moved < slot_count / 20); // a modulo would move nine in ten
    }
}

TEST_CASE("a backend that joins takes its share and moves few other slots")
{
    const auto before = owners(backends_of(10));
    const auto after = owners(backends_of(11));
    std::size_t taken = 0;
    std::size_t moved = 0;
    for (std::size_t i = 0; i < slot_count; ++i) {
        taken += after[i] == "10.5.0.30" ? 1 : 0;
        moved += after[i] != "10.5.0.30" && before[i] != after[i] ? 1 : 0;
    }
    CHECK((taken == slot_count / 11 || taken == slot_count / 11 + 1));
    CHECK(moved < slot_count / 20);
}

} // namespace fairlead::upstream
