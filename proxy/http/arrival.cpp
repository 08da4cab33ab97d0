#include "proxy/http/arrival.hpp"

#include "proxy/http/client_handshake.hpp"
#include "proxy/http/proxy_protocol.hpp"
#include "proxy/http/session.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/read_buffer.hpp"
#include "proxy/net/stream.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <optional>
#include <utility>

#include <sys/socket.h>

namespace fairlead::http {
namespace {

metrics::proxy_protocol_fault label_of(proxy_header_fault fault)
{
    switch (fault) {
    case proxy_header_fault::none:
    case proxy_header_fault::malformed: break;
    case proxy_header_fault::missing: return metrics::proxy_protocol_fault::missing;
    case proxy_header_fault::too_long: return metrics::proxy_protocol_fault::too_long;
    case proxy_header_fault::bad_checksum: return metrics::proxy_protocol_fault::bad_checksum;
    }
    return metrics::proxy_protocol_fault::malformed;
}

// A connection while its header is awaited.
class header_wait final : public session_hook
{
public:
    header_wait(session_services& services, net::stream& client, const arrival& how);
    header_wait(const header_wait&) = delete;
    header_wait& operator=(const header_wait&) = delete;
    ~header_wait();

    // Nothing when the connection is to be closed.
    net::task<std::optional<proxy_header>> run();
    void drain() noexcept override;
    void abort() noexcept override { client_.close(); }

private:
    enum class step : std::uint8_t
    {
        done,
        wait,
        ended
    };

    step read_what_is_there();
    step parse_with(std::size_t peeked);
    void note_end();
    void refuse(metrics::proxy_protocol_fault why, std::string_view reason);

    session_services& services_;
    net::stream& client_;
    const net::connection_ends& ends_;
    net::deadline limit_;
    net::read_buffer in_;
    proxy_header header_;
};

header_wait::header_wait(session_services& services, net::stream& client, const arrival& how)
    : session_hook(how.by)
    , services_(services)
    , client_(client)
    , ends_(how.ends)
    , limit_(services.wheel)
{
    limit_.guard(&client_.lowest_layer());
    services_.sessions.push_back(*this);
}

header_wait::~header_wait() { services_.sessions.erase(services_.sessions.iterator_to(*this)); }

void header_wait::drain() noexcept
{
    if (!client_.is_readable()) client_.cancel();
}

net::task<std::optional<proxy_header>> header_wait::run()
{
    limit_.arm(services_.current->shared->config.timeouts.head);
    for (;;) {
        const step next = read_what_is_there();
        if (next == step::done) co_return header_;
        if (next == step::ended) co_return std::nullopt;
        if (services_.is_draining) co_return std::nullopt;
        const auto [error] = co_await client_.async_readable(net::as_result);
        if (!error) continue;
        if (limit_.expired())
            refuse(metrics::proxy_protocol_fault::timeout,
                   "its PROXY protocol header did not arrive within timeouts.head");
        co_return std::nullopt;
    }
}

// Looks at what came without taking it: how much of it is the header's, only its end tells.
header_wait::step header_wait::read_what_is_there()
{
    for (;;) {
        const std::span<char> room = in_.prepare(max_proxy_header_bytes);
        const auto peeked = ::recv(client_.fd(), room.data(), room.size(), MSG_PEEK | MSG_DONTWAIT);
        if (peeked < 0 && errno == EINTR) continue;
        if (peeked < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            client_.lowest_layer().note_no_more_to_read();
            return step::wait;
        }
        if (peeked <= 0) {
            note_end();
            return step::ended;
        }
        const step next = parse_with(static_cast<std::size_t>(peeked));
        if (next != step::wait) return next;
    }
}

header_wait::step header_wait::parse_with(std::size_t peeked)
{
    const std::size_t before = in_.unread().size();
    const proxy_header_result parsed = parse_proxy_header({in_.unread().data(), before + peeked});
    if (parsed.status == parse_status::bad) {
        refuse(label_of(parsed.fault), reason_of(parsed.fault));
        return step::ended;
    }
    const bool is_done = parsed.status == parse_status::done;
    const std::size_t wanted = is_done ? parsed.consumed - before : peeked;
    const net::read_result taken = client_.try_read(in_.prepare(max_proxy_header_bytes).first(wanted));
    if (taken.error || taken.count != wanted) return step::ended; // the connection broke meanwhile
    in_.commit(wanted);
    header_ = parsed.header;
    return is_done ? step::done : step::wait;
}

// A check of a balancer's may connect and leave; only who began to speak did something wrong.
void header_wait::note_end()
{
    if (!in_.empty())
        refuse(metrics::proxy_protocol_fault::cut,
               "it ended the connection within its PROXY protocol header");
}

void header_wait::refuse(metrics::proxy_protocol_fault why, std::string_view reason)
{
    services_.shard.own().proxy_protocol_refusals[why].add();
    const auto left_out = services_.proxy_header_reports.next(std::chrono::steady_clock::now());
    if (!left_out) return;
    spdlog::warn("closed a connection from {} to {}: {}; {} more since the last such line",
                 ends_.client ? net::to_string(*ends_.client) : "unix",
                 ends_.local ? net::to_string(*ends_.local) : "unix", reason, *left_out);
}

// Holds a connection's place in the count between those who count it: a drain must not see none in between.
class place_in_count
{
public:
    explicit place_in_count(metrics::gauge& of)
        : of_(&of)
    {
        of_->add();
    }
    place_in_count(const place_in_count&) = delete;
    place_in_count& operator=(const place_in_count&) = delete;
    ~place_in_count() { leave(); }

    void leave() noexcept
    {
        if (of_ != nullptr) std::exchange(of_, nullptr)->sub();
    }

private:
    metrics::gauge* of_;
};

// The ends that the header tells, or else the connection's own; nothing when it is to be closed.
net::task<std::optional<net::connection_ends>> read_ends(session_services& services, net::stream& client,
                                                         const arrival& how)
{
    header_wait wait(services, client, how);
    const std::optional<proxy_header> header = co_await wait.run();
    if (!header) co_return std::nullopt;
    using version = metrics::proxy_protocol_version;
    services.shard.own().proxy_protocol_headers[header->version == 1 ? version::v1 : version::v2].add();
    co_return header->ends.value_or(how.ends);
}

} // namespace

net::task<> serve_client(session_services& services, net::stream client, arrival how)
{
    try {
        place_in_count counted(services.shard.own().connections_open);
        if (how.has_proxy_header) {
            const std::optional<net::connection_ends> told = co_await read_ends(services, client, how);
            if (!told) co_return;
            how.ends = *told;
        }
        if (how.credentials) {
            how.tls = co_await shake_hands(services, client, how);
            if (!how.tls) co_return;
        }
        session one(services, std::move(client), how);
        counted.leave(); // the session counts it
        co_await one.run();
    } catch (const std::exception& failure) {
        // Out of memory, most likely: it costs this connection and no other.
        services.shard.own().exceptions[metrics::exception_cost::session].add();
        spdlog::error("a session ended by an exception: {}", failure.what());
    }
}

} // namespace fairlead::http
