// Many open tunnels, while somebody else reads the memory of the proxy or loads it in another way.
//
// Prints a line when all are open, then obeys lines on stdin: "echo BYTES" sends one message on every tunnel
// and proves that each still works, "open N" opens more, "probe N" opens more one by one and prints how long
// each took, "pace N" sends N messages a second over all of them until the line "rest" and prints how long
// the echoes took, "closes 0" waits until the proxy has closed them all and prints how many left in each
// second and with which codes, "quit" ends.
#include "bench/load/idle_tunnels.hpp"
#include "bench/load/subcommands.hpp"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <stdexcept>
#include <utility>

#include <sys/prctl.h>

namespace fairlead::bench {

namespace {

void report(const char* what, std::uint64_t count)
{
    std::printf("{\"%s\": %lu}\n", what, count);
    std::fflush(stdout);
}

void report(const std::vector<std::chrono::nanoseconds>& took)
{
    std::printf("{\"took_ns\": [");
    for (std::size_t i = 0; i < took.size(); ++i)
        std::printf(i == 0 ? "%ld" : ", %ld", took[i].count());
    std::printf("]}\n");
    std::fflush(stdout);
}

void report(const latencies& took)
{
    std::printf("{\"echoes\": %zu, \"p50_ns\": %ld, \"p99_ns\": %ld, \"p999_ns\": %ld, \"max_ns\": %ld}\n",
                took.count(), took.at(0.5).count(), took.at(0.99).count(), took.at(0.999).count(),
                took.at(1).count());
    std::fflush(stdout);
}

void report(const std::vector<idle_tunnels::leaving>& left)
{
    std::map<std::uint16_t, std::size_t> codes;
    std::map<std::int64_t, std::size_t> seconds;
    for (const auto& each : left) {
        ++codes[each.code];
        ++seconds[std::chrono::floor<std::chrono::seconds>(each.at).count()];
    }
    std::printf("{\"left\": %zu, \"codes\": {", left.size());
    for (const char* comma = ""; const auto& [code, count] : codes)
        std::printf("%s\"%u\": %zu", std::exchange(comma, ", "), static_cast<unsigned>(code), count);
    std::printf("}, \"per_second\": [");
    for (std::int64_t second = 0; second <= (seconds.empty() ? -1 : seconds.rbegin()->first); ++second)
        std::printf("%s%zu", second == 0 ? "" : ", ", seconds[second]);
    std::printf("]}\n");
    std::fflush(stdout);
}

void keep_pace(idle_tunnels& tunnels, std::uint64_t per_second)
{
    if (per_second == 0 || per_second > 1'000'000) throw std::invalid_argument{"a pace is 1 to 1000000"};
    const auto took = tunnels.echo_at_pace(per_second);
    std::string word;
    if (!(std::cin >> word) || word != "rest") throw std::invalid_argument{"a pace ends by \"rest\""};
    report(took);
}

void obey(idle_tunnels& tunnels, const std::string& word)
{
    std::uint64_t number = 0;
    const bool is_known =
        word == "echo" || word == "open" || word == "probe" || word == "pace" || word == "closes";
    if (!is_known || !(std::cin >> number)) throw std::invalid_argument{"unknown command " + word};
    if (word == "probe") {
        report(tunnels.probe(number));
    } else if (word == "pace") {
        keep_pace(tunnels, number);
    } else if (word == "closes") {
        report(tunnels.await_closes());
    } else if (word == "open") {
        tunnels.open(number);
        report("opened", number);
    } else {
        tunnels.echo(number);
        report("echoed", tunnels.count());
    }
}

} // namespace

void run_idle(arguments& options)
{
    const auto tls = tls_client::of(options);
    destination to{.address = parse_loopback_address(options.text("--target")), .tls = tls.get()};
    if (const auto source = options.texts("--source"); !source.empty()) {
        to.source = parse_loopback_address(source.back() + ":1");
        to.source->sin_port = 0;
    }
    const auto count = options.number("--count", {.preset = 9'000, .lowest = 1, .highest = max_connections});
    const auto in_flight = options.number("--in-flight", {.preset = 100, .lowest = 1, .highest = 1'000});
    poller events{deadline_of(options)};
    options.reject_unknown();
    ::prctl(PR_SET_TIMERSLACK, 1UL); // ns: a pace is kept to the microsecond

    idle_tunnels tunnels{to, in_flight, events};
    tunnels.open(count);
    report("opened", count);
    for (std::string word; tunnels.wait_for_stdin(), std::cin >> word && word != "quit";)
        obey(tunnels, word);
    tunnels.reset_all();
}

} // namespace fairlead::bench
