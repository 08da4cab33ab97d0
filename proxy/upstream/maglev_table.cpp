#include "proxy/upstream/maglev_table.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <numeric>

namespace fairlead::upstream {
namespace {

// The order in which a backend asks for slots: every slot once, because the count is a prime.
class preference
{
public:
    preference(const std::string& name, std::uint32_t slot_count)
        : at_(XXH64(name.data(), name.size(), 0) % slot_count)
        , step_(XXH64(name.data(), name.size(), 1) % (slot_count - 1) + 1)
        , count_(slot_count)
    {}

    std::size_t next() noexcept
    {
        const std::uint64_t here = at_;
        at_ = (at_ + step_) % count_;
        return here;
    }

private:
    std::uint64_t at_;
    std::uint64_t step_;
    std::uint64_t count_;
};

struct taker
{
    std::size_t index;
    std::uint32_t weight;
    preference wanted;
    std::uint32_t credit; // a turn costs the greatest weight
};

} // namespace

std::vector<std::size_t> maglev_slots(std::span<const maglev_backend> backends, std::uint32_t slot_count)
{
    if (backends.empty()) return {};
    assert(backends.size() <= slot_count);
    std::vector<std::size_t> order(backends.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) -> const std::string& { return backends[i].name; });
    const std::uint32_t greatest = std::ranges::max(backends, {}, &maglev_backend::weight).weight;
    std::vector<taker> takers;
    for (const std::size_t i : order) // everyone has a turn in the first round, so everyone has a slot
        takers.push_back({i, backends[i].weight, {backends[i].name, slot_count}, greatest});

    std::vector<std::size_t> slots(slot_count, backends.size());
    for (std::uint32_t left = slot_count; left != 0;) {
        for (taker& one : takers) {
            if (one.credit < greatest) {
                one.credit += one.weight;
                continue;
            }
            one.credit -= greatest - one.weight;
            std::size_t slot = one.wanted.next();
            while (slots[slot] != backends.size())
                slot = one.wanted.next();
            slots[slot] = one.index;
            if (--left == 0) break;
        }
    }
    return slots;
}

} // namespace fairlead::upstream
