// The load of a soak: tunnels with traffic that end and come, for as long as somebody wants.
//
// Obeys lines on stdin and answers each by one of JSON: "tell 0" the counts so far, "expect N" that backend N
// is about to end, "restore N" that it is there again; "quit" ends.
#include "bench/load/soak_tunnels.hpp"
#include "bench/load/subcommands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace fairlead::bench {

namespace {

using clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds sweep_every{20};
constexpr std::chrono::milliseconds most_owed{500}; // what is later than that is not made up for

// Something that is due so many times a second.
class beat
{
public:
    beat(clock::time_point start, std::uint64_t per_second)
        : next_{start}
        , period_{1'000'000'000U / per_second}
    {}

    [[nodiscard]] clock::time_point next() const { return next_; }
    [[nodiscard]] bool is_due(clock::time_point now)
    {
        if (now < next_) return false;
        next_ = std::max(next_ + period_, now - most_owed);
        return true;
    }

private:
    clock::time_point next_;
    nanoseconds period_;
};

void tell(const soak_tunnels& tunnels)
{
    const auto& all = tunnels.totals();
    std::printf("{\"open\": %lu, \"opened\": %lu, \"echoes\": %lu, \"echoed_bytes\": %lu, \"closed\": %lu, "
                "\"reset\": %lu, \"expected_ends\": %lu, \"unexpected_ends\": %lu, \"corrupted\": %lu, "
                "\"silent\": %lu}\n",
                tunnels.open_now(), all.opened, all.echoes, all.echoed_bytes, all.closed, all.reset,
                all.expected_ends, all.unexpected_ends, all.corrupted, all.silent);
    std::fflush(stdout);
}

// False: it is time to go.
bool obey(soak_tunnels& tunnels)
{
    std::string word;
    std::uint64_t number = 0;
    if (!(std::cin >> word) || word == "quit") return false;
    if (!(std::cin >> number)) throw std::invalid_argument{"a number is missing after " + word};
    if (word == "expect")
        tunnels.expect(number);
    else if (word == "restore")
        tunnels.restore(number);
    else if (word != "tell")
        throw std::invalid_argument{"unknown command " + word};
    tell(tunnels);
    return true;
}

struct rates
{
    std::uint64_t messages; // a second
    std::uint64_t ends;
};

void soak(soak_tunnels& tunnels, rates per_second, poller& events, const char& stdin_tag)
{
    const auto start = clock::now();
    beat messages{start, per_second.messages};
    beat ends{start, per_second.ends};
    auto next_sweep = start;
    for (bool goes_on = true; goes_on;) {
        const auto now = clock::now();
        if (next_sweep <= now) {
            tunnels.sweep();
            next_sweep = now + sweep_every;
        }
        while (messages.is_due(now))
            tunnels.say_next();
        while (ends.is_due(now))
            tunnels.end_next();
        for (const auto& event : events.wait_until(std::min({messages.next(), ends.next(), next_sweep}))) {
            if (event.data.ptr == &stdin_tag)
                goes_on = obey(tunnels);
            else
                tunnels.on_event(event);
        }
    }
}

} // namespace

void run_soak(arguments& options)
{
    const tls_client tls{"ecdsa"};
    soak_plan plan{
        .plain = {.address = parse_loopback_address(options.text("--target"))},
        .tls = {.address = parse_loopback_address(options.text("--tls-target")), .tls = &tls},
        .tunnels = options.number("--tunnels", {.preset = 5'000, .lowest = 1, .highest = max_connections}),
        .backends = options.number("--backends", {.preset = 8, .lowest = 1, .highest = 100}),
        .patience = std::chrono::seconds{
            options.number("--patience", {.preset = 60, .lowest = 1, .highest = 3'600})}};
    sockaddr_in source = parse_loopback_address(options.text("--source") + ":1");
    source.sin_port = 0;
    plan.plain.source = plan.tls.source = source;
    const rates per_second{.messages =
                               options.number("--pace", {.preset = 3'000, .lowest = 1, .highest = 1'000'000}),
                           .ends = options.number("--ends", {.preset = 50, .lowest = 1, .highest = 10'000})};
    options.reject_unknown();

    poller events{std::nullopt};
    char stdin_tag = 0;
    events.add(STDIN_FILENO, &stdin_tag);
    soak_tunnels tunnels{plan, events};
    soak(tunnels, per_second, events, stdin_tag);
}

} // namespace fairlead::bench
