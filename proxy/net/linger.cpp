#include "proxy/net/linger.hpp"

#include <array>
#include <chrono>

namespace fairlead::net {
namespace {

constexpr std::chrono::milliseconds longest{2'000};
constexpr std::size_t most_bytes = 256UL * 1024;

} // namespace

task<> linger(stream& with, deadline& limit)
{
    with.shutdown_send();
    std::array<char, 4096> sink;
    std::size_t taken = 0;
    limit.arm(longest);
    while (taken < most_bytes) {
        const std::span<char> room(sink);
        const read_result got = co_await with.read_some(room);
        if (got.error) break;
        taken += got.count;
    }
    limit.disarm();
}

} // namespace fairlead::net
