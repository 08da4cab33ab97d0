#include "proxy/upstream/backend_handshakes.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/net/deadline.hpp"
#include "tls/connection.hpp"
#include "tls/handshake_facts.hpp"

#include <boost/asio/error.hpp>

#include <spdlog/spdlog.h>

namespace fairlead::upstream {
namespace {

struct count_under_way
{
    explicit count_under_way(metrics::tls_cells& of)
        : cells(of)
    {
        cells.under_way.add();
    }
    count_under_way(const count_under_way&) = delete;
    count_under_way& operator=(const count_under_way&) = delete;
    ~count_under_way() { cells.under_way.sub(); }
    metrics::tls_cells& cells;
};

} // namespace

std::string verified_host(const conf::endpoint& address)
{
    switch (address.what) {
    case conf::endpoint::kind::ip: return conf::to_string(address.ip);
    case conf::endpoint::kind::name: return address.host;
    case conf::endpoint::kind::unix_path: break;
    }
    return {};
}

net::task<std::optional<tls::fault>> backend_handshakes::shake(connection& made, const pool& from,
                                                               const backend& to, manner how)
{
    const count_under_way counted(cells_);
    const auto begun = std::chrono::steady_clock::now();
    net::deadline limit(wheel_);
    limit.guard(&made.stream.lowest_layer());
    limit.arm(from.handshake_timeout());
    net::error_code error;
    if (!how.before.empty()) error = co_await made.stream.write(how.before);
    std::unique_ptr<tls::connection> tls;
    if (!error) {
        const std::string host = verified_host(to.address());
        tls::ssl_handle ssl = from.tls()->context()->make_ssl(host, to.address().text);
        if (!ssl) co_return fail(from, to, tls::failure{tls::fault::other, "out of memory"});
        tls = std::make_unique<tls::connection>(std::move(ssl), made.stream.fd(), way_);
        error = co_await made.stream.secure(tls, gate_, &limit);
    }
    if (!error) {
        note_success(made, begun);
        co_return std::nullopt;
    }
    if (is_told(how.stop)) co_return tls::fault::other;
    tls::failure why{tls::fault::reset, error.message()};
    if (limit.expired())
        why = {tls::fault::timeout, "the handshake took too long"};
    else if (tls && tls->failed_by() != nullptr)
        why = *tls->failed_by();
    co_return fail(from, to, why);
}

void backend_handshakes::note_success(connection& made, std::chrono::steady_clock::time_point begun)
{
    const tls::handshake_facts facts = tls::read_handshake(*made.stream.tls()->ssl());
    using version = metrics::tls_version;
    using start = metrics::tls_start;
    cells_
        .handshakes[facts.version == "TLSv1.2" ? version::v1_2 : version::v1_3]
                   [facts.is_resumed ? start::resumed : start::full]
        .add();
    cells_.handshake_seconds.observe(std::chrono::steady_clock::now() - begun);
}

tls::fault backend_handshakes::fail(const pool& from, const backend& to, const tls::failure& why)
{
    cells_.failures[credentials::to_label(why.what)].add();
    if (const auto left_out = reports_.next(std::chrono::steady_clock::now()))
        spdlog::warn("pool {}: no TLS with {}: {}: {}; {} more since the last such line", from.name(),
                     to.address().text, tls::word_of(why.what), why.text, *left_out);
    return why.what;
}

} // namespace fairlead::upstream
