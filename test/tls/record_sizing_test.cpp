#include "tls/record_sizing.hpp"

#include <doctest/doctest.h>

using fairlead::tls::record_sizing;

TEST_CASE("what fits a packet is one record, and changes nothing for what comes later")
{
    record_sizing sizes;
    for (int i = 0; i < 100; ++i)
        CHECK(sizes.next(1'300, 5'000) == 1'300);
    CHECK(sizes.next(100'000, 5'000) == record_sizing::small_bytes);
}

TEST_CASE("a stream begins with records of a packet each and goes on with full ones")
{
    record_sizing sizes;
    for (int i = 0; i < 10; ++i)
        CHECK(sizes.next(100'000, 5'000) == record_sizing::small_bytes);
    CHECK(sizes.next(100'000, 5'000) == record_sizing::full_bytes);
    CHECK(sizes.next(9'000, 5'999) == 9'000);
}

TEST_CASE("a pause begins the stream anew, also when the clock has wrapped meanwhile")
{
    record_sizing sizes;
    const std::uint32_t late = 0xffff'ff00;
    for (int i = 0; i < 11; ++i)
        (void)sizes.next(100'000, late);
    CHECK(sizes.next(100'000, late + 999) == record_sizing::full_bytes);
    CHECK(sizes.next(100'000, late + 1'999) == record_sizing::small_bytes);
}
