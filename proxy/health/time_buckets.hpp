// Into which bucket of a histogram a time goes: four to each doubling from 64 us on, so within a fifth.
//
// 80 of them reach to 59 s; what is shorter or longer goes into the first or last. Pure. Thread: any.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace fairlead::health {

struct time_buckets
{
    static constexpr std::size_t count = 80;

    static constexpr std::uint64_t begin_of(std::size_t bucket) noexcept // in microseconds
    {
        return (parts + bucket % parts) << (first_doubling - 2 + bucket / parts);
    }

    static constexpr std::size_t bucket_of(std::uint64_t us) noexcept
    {
        if (us < begin_of(0)) return 0;
        const auto doubling = static_cast<unsigned>(std::bit_width(us)) - 1;
        const std::size_t part = (us >> (doubling - 2)) - parts;
        return std::min<std::size_t>((doubling - first_doubling) * parts + part, count - 1);
    }

private:
    static constexpr unsigned first_doubling = 6; // 64 us
    static constexpr std::size_t parts = 4;       // of each doubling
};

} // namespace fairlead::health
