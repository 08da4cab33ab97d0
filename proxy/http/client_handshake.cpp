#include "proxy/http/client_handshake.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/linger.hpp"
#include "tls/connection.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace fairlead::http {
namespace {

using facts_ptr = std::shared_ptr<const tls::handshake_facts>;

class client_handshake final : public session_hook
{
public:
    client_handshake(session_services& services, net::stream& client, const arrival& how);
    client_handshake(const client_handshake&) = delete;
    client_handshake& operator=(const client_handshake&) = delete;
    ~client_handshake();

    net::task<facts_ptr> run();
    void drain() noexcept override;
    void abort() noexcept override { client_.close(); }

private:
    std::chrono::milliseconds patience_left() const;
    bool may_begin(const net::handshake_gate::slot& slot);
    net::task<> fail();
    net::task<> answer_plain_http();
    void count(tls::fault why, const std::string& text);
    facts_ptr conclude();
    const conf::config& config() const { return services_.current->shared->config; }

    session_services& services_;
    net::stream& client_;
    const arrival& how_;
    net::deadline limit_;
    std::unique_ptr<tls::connection> tls_;
    tls::client_auth asks_ = tls::client_auth::none; // of the context that it goes by
    const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

client_handshake::client_handshake(session_services& services, net::stream& client, const arrival& how)
    : session_hook(how.by)
    , services_(services)
    , client_(client)
    , how_(how)
    , limit_(services.wheel)
{
    limit_.guard(&client_.lowest_layer());
    services_.sessions.push_back(*this);
    services_.client_tls.under_way.add();
}

client_handshake::~client_handshake()
{
    services_.client_tls.under_way.sub();
    services_.sessions.erase(services_.sessions.iterator_to(*this));
}

// One that has said nothing yet asked for nothing.
void client_handshake::drain() noexcept
{
    const bool has_begun = tls_ && tls_->bytes_sent() > 0;
    if (!has_begun && !client_.is_readable()) client_.close();
}

net::task<facts_ptr> client_handshake::run()
{
    limit_.arm(config().timeouts.tls_handshake);
    const net::error_code silence = co_await client_.wait_readable();
    if (silence) {
        if (limit_.expired()) count(tls::fault::timeout, "it said nothing");
        co_return nullptr;
    }
    net::handshake_gate::slot slot =
        co_await services_.gate.enter(config().tls.max_handshakes, patience_left());
    if (!may_begin(slot)) co_return nullptr;
    const auto context = how_.credentials->context();
    asks_ = context->verifies_clients();
    tls_ = tls::connection::accept(*context, client_.fd(), services_.tls_way);
    if (!tls_) {
        count(tls::fault::other, "out of memory");
        co_return nullptr;
    }
    const net::error_code error = co_await client_.secure(tls_, services_.gate, &limit_, &slot);
    limit_.disarm();
    if (!error) co_return conclude();
    slot = net::handshake_gate::slot(); // a refusal may take its time
    co_await fail();
    co_return nullptr;
}

// Of all that the handshake may take; 0 is without limit.
std::chrono::milliseconds client_handshake::patience_left() const
{
    const std::chrono::milliseconds whole = config().timeouts.tls_handshake;
    const auto spent =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
    return whole.count() == 0 ? whole : std::max(whole - spent, std::chrono::milliseconds(1));
}

// Behind the wait for its slot.
bool client_handshake::may_begin(const net::handshake_gate::slot& slot)
{
    if (!client_.is_open()) return false; // this process ends
    if (limit_.expired() || !slot) {
        count(tls::fault::timeout, "it waited too long for its turn");
        return false;
    }
    // Whoever gave up while it waited is not worth the work.
    if (client_.has_ended()) {
        count(tls::fault::truncated, "it left before its handshake began");
        return false;
    }
    return true;
}

facts_ptr client_handshake::conclude()
{
    auto facts = std::make_shared<const tls::handshake_facts>(tls::read_handshake(*client_.tls()->ssl()));
    if (const auto why = tls::refusal_of(*facts, asks_, std::chrono::system_clock::now())) {
        count(*why, "it resumed a session that is not good for this listener");
        return nullptr;
    }
    using version = metrics::tls_version;
    using start = metrics::tls_start;
    metrics::tls_cells& cells = services_.client_tls;
    cells
        .handshakes[facts->version == "TLSv1.2" ? version::v1_2 : version::v1_3]
                   [facts->is_resumed ? start::resumed : start::full]
        .add();
    cells.handshake_seconds.observe(std::chrono::steady_clock::now() - begun_);
    (void)client_.tls()->go_on_alone(); // an idle session is then as small as an idle tunnel
    return facts;
}

net::task<> client_handshake::fail()
{
    if (limit_.expired()) {
        count(tls::fault::timeout, "its handshake took longer than timeouts.tls_handshake");
        co_return;
    }
    const tls::failure* const why = tls_->failed_by();
    if (why == nullptr) co_return; // this process ends
    count(why->what, why->text);
    if (why->what == tls::fault::plain_http) co_await answer_plain_http();
}

net::task<> client_handshake::answer_plain_http()
{
    const std::string_view date = services_.date.at(std::chrono::system_clock::now());
    const std::string answer =
        error_response(400, "this port speaks HTTPS, and plain HTTP was sent to it", {.date_line = date});
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(answer));
    if (!error) co_await net::linger(client_, limit_);
}

void client_handshake::count(tls::fault why, const std::string& text)
{
    services_.client_tls.failures[credentials::to_label(why)].add();
    const auto left_out = services_.handshake_reports.next(std::chrono::steady_clock::now());
    if (!left_out) return;
    spdlog::info("no TLS with {} at {}: {}{}{}; {} more since the last such line",
                 how_.ends.client ? net::to_string(*how_.ends.client) : "unix",
                 how_.ends.local ? net::to_string(*how_.ends.local) : "unix", tls::word_of(why),
                 text.empty() ? "" : ": ", text, *left_out);
}

} // namespace

net::task<facts_ptr> shake_hands(session_services& services, net::stream& client, const arrival& how)
{
    client_handshake one(services, client, how);
    co_return co_await one.run();
}

} // namespace fairlead::http
