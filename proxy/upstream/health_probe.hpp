// One check of one address: a TCP connection; or a GET whose status and body are judged; or an upgrade to
// WebSocket with a verified 101, then a masked ping whose pong has to come, then a Close.
//
// Where the target says so, HTTP and WebSocket are spoken through TLS, verified as the pool's connections
// are.
//
// It decides nothing about the backend: what came of it is told once, and is the health_checker's to
// count; a WebSocket's Close follows. The destructor ends it; nothing is told then. Completes when:
// judged, failed, or the check's timeout is over; that is put off, once, by as much as the thread comes
// late to it. At most 32 KiB of a head and 64 KiB of a body are held. Thread: the executor's. Source: RFC
// 9112 (Beast's parser), RFC 6455 4.1 and 5.5.2; HAProxy's proxy-protocol.txt 2 for LOCAL and UNKNOWN, by
// which a proxy says that it speaks for itself.
#pragma once

#include "conf/model.hpp"
#include "metrics/labels.hpp"
#include "proxy/health/health_state.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/handshake_gate.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "tls/client_context.hpp"
#include "tls/wire.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::upstream {

// What the handshakes of checks share: how they take turns and move their bytes. Outlives them; shut down
// the gate before the io_context ends.
struct probe_handshakes
{
    explicit probe_handshakes(net::executor where)
        : wheel(0)
        , gate(where, wheel)
    {}
    net::timer_wheel wheel; // nobody waits for a slot by it
    net::handshake_gate gate;
    tls::wire way;
};

struct probe_security
{
    std::shared_ptr<const tls::client_context> context;
    std::string host;    // what the certificate has to be for
    std::string backend; // whose sessions are gone on with
    std::shared_ptr<probe_handshakes> shared;
};

struct probe_target
{
    net::socket_address remote;
    std::optional<conf::ip_address> source; // with a port of the kernel's; nothing: the kernel chooses both
    conf::health_options options;
    std::string host; // of the Host field
    conf::proxy_protocol begins_with = conf::proxy_protocol::none;
    std::optional<probe_security> security = {}; // nothing: it is spoken to plainly
};

struct probe_result
{
    health::check_outcome outcome = health::check_outcome::fail;
    bool is_ours = false; // nothing was learnt of the backend: this process or machine could not ask
    metrics::check_failure failure = metrics::check_failure::connect; // of a fail and a drain
    std::string reason;                                               // of anything but a pass
};

// What a status and the begin of a body say; `body` has no more than 64 KiB.
probe_result judge_response(const conf::health_options& options, unsigned status, std::string_view body);

class health_probe
{
public:
    using report_fn = std::function<void(const probe_result&)>;

    health_probe(net::executor executor, probe_target target, report_fn report);
    health_probe(const health_probe&) = delete;
    health_probe& operator=(const health_probe&) = delete;
    ~health_probe();

private:
    struct run;
    static void wait_for_limit(std::shared_ptr<run> one);
    static net::task<> carry_out(std::shared_ptr<run> one);
    static net::task<probe_result> check(run& one);
    static net::task<std::optional<probe_result>> secure(run& one);
    static net::task<probe_result> ask(run& one);
    static net::task<probe_result> check_http(run& one);
    static net::task<probe_result> check_websocket(run& one);
    static net::task<> close_websocket(run& one);
    static net::task<std::optional<probe_result>> upgrade(run& one, std::string& unread);
    static net::task<std::optional<probe_result>> send_request(run& one, std::string_view more_fields);

    std::shared_ptr<run> run_;
};

} // namespace fairlead::upstream
