#include "proxy/net/spare_blocks.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

using namespace fairlead;

TEST_CASE("a block that was given back is the next of its size")
{
    void* const first = net::take_block(1000);
    std::memset(first, 1, 1000);
    net::give_block(first, 1000);
    void* const again = net::take_block(961); // of the same 64 bytes
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(again == first);
#endif
    std::memset(again, 2, 961);
    void* const other = net::take_block(961);
    CHECK(other != again);
    net::give_block(other, 961);
    net::give_block(again, 961);
}

TEST_CASE("blocks of any size and number can be had and given back, also nothing")
{
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{65},
                                    std::size_t{4096}, std::size_t{4097}, std::size_t{100'000}})
    {
        CAPTURE(bytes);
        std::vector<void*> taken;
        for (int i = 0; i < 200; ++i) {
            taken.push_back(net::take_block(bytes));
            std::memset(taken.back(), i, bytes);
        }
        for (std::size_t i = 0; bytes != 0 && i < taken.size(); ++i)
            CHECK(*static_cast<unsigned char*>(taken[i]) == i);
        for (void* const each : taken)
            net::give_block(each, bytes);
    }
    net::give_block(nullptr, 64);
}
