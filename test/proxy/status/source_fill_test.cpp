#include "proxy/status/source_fill.hpp"

#include <doctest/doctest.h>

using namespace fairlead::status;
using namespace std::chrono_literals;

namespace {

const fill_history::time_point start{1'000'000s};

destination_fill fill(const char* destination, std::uint64_t in_use)
{
    return {.pool = "app", .destination = destination, .in_use = in_use, .capacity = 1'000};
}

} // namespace

TEST_CASE("the sources of a pool are added up for each destination")
{
    const std::vector<fairlead::metrics::source_usage> rows{
        {"app", "10.0.0.1", "10.1.0.1:80", 10, 2, 100, 1},
        {"app", "10.0.0.2", "10.1.0.1:80", 20, 0, 100, 0},
        {"app", "10.0.0.1", "10.1.0.2:80", 5, 0, 100, 0},
        {"news", "any", "10.1.0.2:80", 1, 0, 50, 0},
    };
    const auto all = add_up(rows);
    REQUIRE(all.size() == 3);
    CHECK(all[0].sources == 2);
    CHECK(all[0].in_use == 30);
    CHECK(all[0].used() == 32);
    CHECK(all[0].foreign == 1);
    CHECK(all[0].ratio() == doctest::Approx(0.16));
    CHECK(all[1].destination == "10.1.0.2:80");
    CHECK(all[1].sources == 1);
    CHECK(all[2].pool == "news");
}

TEST_CASE("each destination has a forecast of its own")
{
    source_fill_watch watch;
    std::vector<destination_fill> now;
    for (std::uint64_t i = 0; i < 12; ++i) {
        now = {fill("a:1", 100 + 10 * i), fill("b:1", 50)};
        watch.note(now, start + 5s * i);
    }
    watch.foretell(now);
    CHECK(now[0].full_in == 395s); // 790 left, two a second
    CHECK_FALSE(now[1].full_in);
}

TEST_CASE("a destination that went and came back begins anew")
{
    source_fill_watch watch;
    for (std::uint64_t i = 0; i < 12; ++i)
        watch.note(std::vector{fill("a:1", 10 * i)}, start + 5s * i);
    watch.note({}, start + 60s);
    std::vector<destination_fill> now{fill("a:1", 120)};
    watch.note(now, start + 65s);
    watch.foretell(now);
    CHECK_FALSE(now[0].full_in);
}

TEST_CASE("no more destinations are followed than the bound says")
{
    std::vector<destination_fill> now;
    for (std::size_t i = 0; i <= source_fill_watch::most_followed; ++i)
        now.push_back(fill(std::to_string(i).c_str(), 1'000)); // full
    source_fill_watch watch;
    watch.note(now, start);
    watch.foretell(now);
    CHECK(now.front().full_in == 0s);
    CHECK_FALSE(now.back().full_in);
}
