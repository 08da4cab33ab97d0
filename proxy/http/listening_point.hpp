// An address that clients arrive at, as one worker knows it: one for each listener there ever was, so that
// sessions and tunnels can say by which they came after it is gone.
//
// Lifetime: the worker's. Thread: the worker's.
#pragma once

#include "conf/log_options.hpp"
#include "proxy/http/upgrade_gate.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

struct listening_point
{
    std::string address;
    std::uint16_t number = 0;   // from 0 on, in order of appearance
    bool is_draining = false;   // no new exchange after those under way
    std::uint32_t sessions = 0; // client connections that speak HTTP
    conf::rate_limit upgrades = {};
    std::string hsts_line = {};      // Strict-Transport-Security with its CRLF; empty: none
    std::uint16_t redirect_port = 0; // of https, where requests are sent to; 0: they are served
    std::optional<conf::trace_handling> trace_context = {}; // else forward.trace_context
    upgrade_gate* gate = nullptr; // shared with the other workers; null: none, for tests
};

class listening_points
{
public:
    // The one of that address, made on first use; the reference is good for the life of this.
    listening_point& obtain(std::string_view address)
    {
        for (listening_point& each : points_) {
            if (each.address == address) return each;
        }
        const auto number = static_cast<std::uint16_t>(points_.size());
        listening_point& made = points_.emplace_back();
        made.address = address;
        made.number = number;
        if (gates_ != nullptr) made.gate = &gates_->obtain(address);
        return made;
    }

    // Before the first is made.
    void share(upgrade_gates& gates) noexcept { gates_ = &gates; }

private:
    std::deque<listening_point> points_;
    upgrade_gates* gates_ = nullptr;
};

} // namespace fairlead::http
