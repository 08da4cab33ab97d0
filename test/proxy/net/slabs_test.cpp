#include "proxy/net/slabs.hpp"

#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

using namespace fairlead;

namespace {

constexpr std::size_t sizes[] = {0, 1, 24, 25, 56, 57, 470, 1'015, net::slabs::most_bytes, 1'017, 9'000};

struct taken
{
    unsigned char* at;
    std::size_t bytes;
    unsigned char mark;
};

bool is_untouched(const taken& which)
{
    for (std::size_t i = 0; i < which.bytes; ++i) {
        if (which.at[i] != which.mark) return false;
    }
    return true;
}

} // namespace

TEST_CASE("blocks of any size are aligned, hold what is written and never overlap, in any order of coming "
          "and going")
{
    net::slabs store;
    std::vector<taken> all;
    std::mt19937 lots(3);
    for (int turn = 0; turn < 4'000; ++turn) {
        if (all.size() < 300 && lots() % 3 != 0) {
            const std::size_t bytes = sizes[lots() % std::size(sizes)];
            taken next{static_cast<unsigned char*>(store.take(bytes)), bytes,
                       static_cast<unsigned char>(turn)};
            REQUIRE(reinterpret_cast<std::uintptr_t>(next.at) % 8 == 0);
            std::memset(next.at, next.mark, bytes);
            all.push_back(next);
        } else if (!all.empty()) {
            std::swap(all[lots() % all.size()], all.back());
            REQUIRE(is_untouched(all.back()));
            net::slabs::give_back(all.back().at);
            all.pop_back();
        }
    }
    for (const taken& each : all) {
        CHECK(is_untouched(each));
        net::slabs::give_back(each.at);
    }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("slabs grow with what is in use, and of one size a single one is kept when it goes")
{
    net::slabs store;
    std::vector<void*> all;
    for (int i = 0; i < 1'000; ++i)
        all.push_back(store.take(400));
    CHECK(store.size() == 1'000 / 8);
    for (std::size_t i = 0; i < all.size(); i += 2)
        net::slabs::give_back(all[i]);
    CHECK(store.size() == 1'000 / 8);
    for (int i = 0; i < 500; ++i)
        all.push_back(store.take(405)); // of the same size, and fits where the others were
    CHECK(store.size() == 1'000 / 8);
    for (std::size_t i = 1; i < 1'000; i += 2)
        net::slabs::give_back(all[i]);
    for (std::size_t i = 1'000; i < all.size(); ++i)
        net::slabs::give_back(all[i]);
    CHECK(store.size() == 1);
}

TEST_CASE("blocks of a slab lie side by side, whatever is allocated between")
{
    net::slabs store;
    std::vector<std::uintptr_t> at;
    std::vector<std::vector<char>> between;
    std::vector<void*> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back(store.take(470));
        at.push_back(reinterpret_cast<std::uintptr_t>(all.back()));
        between.emplace_back(100 + 10 * i);
    }
    const auto [first, last] = std::minmax_element(at.begin(), at.end());
    CHECK(*last - *first == 7 * 480);
    for (void* const each : all)
        net::slabs::give_back(each);
}
#endif

TEST_CASE("without memory nothing is taken, and it works again when there is some")
{
    net::slabs store;
    {
        const test::out_of_memory now(test::out_of_memory::what::objects, 0);
        CHECK_THROWS_AS((void)store.take(100), std::bad_alloc);
        CHECK_THROWS_AS((void)store.take(5'000), std::bad_alloc);
    }
    CHECK(store.size() == 0);
    net::slabs::give_back(store.take(100));
    net::slabs::give_back(nullptr);
}
