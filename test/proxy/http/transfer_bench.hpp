// A body's transfer between two connections of which the test holds the other ends.
#pragma once

#include "proxy/http/body_transfer.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http::test {

inline constexpr body_framing chunked{framing_kind::chunked, 0};
inline constexpr body_framing until_close{framing_kind::until_close, 0};
constexpr body_framing length(std::uint64_t bytes) { return {framing_kind::length, bytes}; }

struct transfer_bench
{
    fairlead::test::event_loop loop;
    fairlead::test::link from{loop};
    fairlead::test::link to{loop};
    net::deadline limit{loop.wheel()};
    metrics::counter counted;
    body_transfer what;
    std::optional<transfer_end> end;

    explicit transfer_bench(body_framing framing, bool to_chunked = false)
        : what{.source = from.ours,
               .sink = to.ours,
               .limit = limit,
               .framing = framing,
               .to_chunked = to_chunked,
               .head = {},
               .ahead = {},
               .read_timeout = std::chrono::seconds(5),
               .write_timeout = std::chrono::seconds(7),
               .counted = &counted}
    {
        limit.guard(&from.ours.lowest_layer(), &to.ours.lowest_layer());
    }

    void start()
    {
        loop.start(transfer(what), end);
        loop.turn();
    }
    void send(std::string_view bytes)
    {
        from.theirs.put(bytes);
        loop.turn();
    }
    std::string received()
    {
        loop.turn();
        return to.theirs.take();
    }
};

} // namespace fairlead::http::test
