// Input: turns of a client and a backend (see turns.hpp): C and B send, E has the client and X the
// backend end its stream, R closes the backend's connection, I asks a tunnel to close; a P in front has
// the client begin with a PROXY protocol header. A whole session runs over sockets. It ends when both
// have left, gives back what it took, and whatever it wrote to either side is well formed for the
// strictest reader.
#include "test/fuzz/session_bench.hpp"
#include "test/fuzz/turns.hpp"
#include "test/fuzz/wire_check.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>

namespace {

using namespace fairlead;
using fuzz::require;

// For all inputs, as for all clients of a worker.
fuzz::session_bench& bench()
{
    static const std::unique_ptr<fuzz::session_bench> one = [] {
        spdlog::set_level(spdlog::level::off);
        return std::make_unique<fuzz::session_bench>();
    }();
    return *one;
}

void play(const fuzz::turn& next)
{
    auto& at = bench();
    switch (next.who) {
    case 'B': at.send_as_backend(next.bytes); break;
    case 'E': at.client->end(); break;
    case 'X':
        if (!at.backends.empty()) at.backends.back().end();
        break;
    case 'R':
        if (!at.backends.empty()) at.backends.back().close();
        break;
    case 'I': at.close_tunnel(); break;
    default: at.client->send(next.bytes); break;
    }
    at.settle();
}

std::size_t count(std::string_view text, std::string_view part)
{
    std::size_t out = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
        ++out;
    return out;
}

void check_wire()
{
    const auto& at = bench();
    for (const auto& each : at.backends)
        fuzz::check_requests(each.got, each.sent.find(" 101") != std::string::npos);
    const std::string& asked = at.client->sent;
    // What follows the last request may be refused with an answer of its own.
    fuzz::check_answers(at.client->got, count(asked, "HTTP/1.") + 1, asked.find("HEAD") == asked.npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view input(reinterpret_cast<const char*>(data), size);
    auto& at = bench();
    const int before = fuzz::lowest_free_descriptor();
    const bool has_proxy_header = input.starts_with('P');
    if (has_proxy_header) input.remove_prefix(1);
    at.begin(has_proxy_header);
    fuzz::turns all(input);
    while (const auto next = all.next())
        play(*next);
    at.end();
    require(at.is_idle(), "a session that both sides have left ends");
    require(at.live_at_backend() == 0, "and is no backend's any more");
    check_wire();
    at.forget();
    require(fuzz::lowest_free_descriptor() == before, "every descriptor is closed");
    return 0;
}
