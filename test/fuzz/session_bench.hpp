// A session as a worker has it, with a client over a socket pair and a backend that listens on a Unix
// socket: the fuzzer is both of them.
#pragma once

#include "conf/read_config.hpp"
#include "proxy/http/arrival.hpp"
#include "proxy/log/line_writer.hpp"
#include "proxy/net/deadline.hpp"
#include "test/fuzz/socket_end.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/un.h>

namespace fairlead::fuzz {

// A Unix socket in a folder of its own, for the life of the process.
class backend_listener
{
public:
    backend_listener()
    {
        require(::mkdtemp(folder_.data()) != nullptr, "there is a folder");
        path_ = folder_ + "/app.sock";
        sockaddr_un local{};
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, path_.c_str(), path_.size() + 1);
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        require(::bind(fd_, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0, "it is bound");
        require(::listen(fd_, 64) == 0, "and listens");
    }
    backend_listener(const backend_listener&) = delete;
    backend_listener& operator=(const backend_listener&) = delete;
    ~backend_listener()
    {
        ::close(fd_);
        ::unlink(path_.c_str());
        ::rmdir(folder_.c_str());
    }

    const std::string& path() const noexcept { return path_; }
    std::optional<socket_end> accept()
    {
        const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return std::nullopt;
        return socket_end(fd);
    }

private:
    std::string folder_ = "/tmp/fairlead-fuzz-XXXXXX";
    std::string path_;
    int fd_ = -1;
};

class session_bench final : public websocket::tunnel_observer
{
public:
    session_bench()
    {
        (void)net::readiness::of(io_.get_executor());
        services_.current = http::service_ref(new http::worker_service(build(), shard_, origins_));
        log_.apply(services_.current->shared->config.log);
    }

    // One more client; its end, for the caller to speak by.
    void begin(bool has_proxy_header)
    {
        const socket_pair pair = connected_pair();
        client.emplace(pair.theirs);
        net::stream taken(services_.executor);
        require(!taken.assign(pair.ours), "the session has its socket");
        http::arrival how{{net::ip_port{conf::parse_ip_address("192.0.2.1").value(), 5000},
                           net::ip_port{conf::parse_ip_address("192.0.2.2").value(), 80}},
                          services_.points.obtain("127.0.0.1:8080")};
        how.has_proxy_header = has_proxy_header;
        net::asio::co_spawn(services_.executor, http::serve_client(services_, std::move(taken), how),
                            net::asio::detached);
        settle();
    }

    // To the backend's last connection, or to the next one that there is.
    void send_as_backend(std::string_view bytes)
    {
        if (backends.empty())
            unsent_.append(bytes);
        else
            backends.back().send(bytes);
    }

    // Until nobody has anything to do.
    void settle()
    {
        bool goes_on = true;
        while (goes_on) {
            io_.restart();
            goes_on = io_.poll() > 0;
            while (auto accepted = listener_.accept()) {
                backends.push_back(std::move(*accepted));
                backends.back().send(std::exchange(unsent_, {}));
                goes_on = true;
            }
            if (client) goes_on = client->receive() || goes_on;
            for (socket_end& each : backends)
                goes_on = each.receive() || goes_on;
        }
    }

    // Everybody leaves, and what is dialled after that is left at once.
    void end()
    {
        unsent_.clear();
        client->end();
        settle();
        for (int rounds = 0; rounds < 8; ++rounds) {
            for (socket_end& each : backends)
                each.close();
            client->close();
            settle();
            if (is_idle()) break;
            wheel_.advance(now_ += 60'000);
        }
        services_.idle.clear();
        settle();
    }

    void forget()
    {
        client.reset();
        backends.clear();
    }

    bool is_idle() const noexcept
    {
        return services_.sessions.empty() && relay_.size() == 0 && shard_.own().sessions_open.value() == 0 &&
               shard_.own().connections_open.value() == 0;
    }

    void close_tunnel() { (void)relay_.close_oldest(1, {}); }
    std::size_t live_at_backend() const { return services_.current->shared->pools[0]->backends()[0]->live(); }

    std::optional<socket_end> client;
    std::vector<socket_end> backends; // each connection that was dialled

private:
    void tunnel_ended(const websocket::tunnel&) noexcept override {}

    std::shared_ptr<const http::service> build()
    {
        const std::string text = "[[listen]]\naddress = \"127.0.0.1:8080\"\n[log]\naccess = \"off\"\n"
                                 "[forward]\nforwarded = true\n[pool.app]\nbackends = [\"unix:" +
                                 listener_.path() + "\"]\n[[route]]\nname = \"all\"\npool = \"app\"\n";
        auto read = conf::read_config_text(text, "fairlead.toml");
        require(read.ok(), "the bench has a configuration");
        return http::service::build(std::move(read.value), {backends_known_, ledger_, routes_}, 1);
    }

    backend_listener listener_;
    std::string unsent_;
    net::milliseconds_count now_ = net::steady_now_ms();
    upstream::backend_registry backends_known_;
    snat::tuple_ledger ledger_;
    routing::route_registry routes_;
    metrics::worker_shard shard_;
    websocket::origin_table origins_;
    log::line_writer writer_{"off", "access log", {}};
    log::access_log log_{writer_, shard_.own()};
    net::asio::io_context io_{1};
    net::timer_wheel wheel_{now_};
    websocket::relay relay_{io_, wheel_, shard_.own(), *this, {}};
    tls::wire tls_way_;
    net::handshake_gate gate_{io_.get_executor(), wheel_};
    upstream::dialer dialer_{io_.get_executor(), wheel_, tls_way_, gate_,
                             shard_.tls(metrics::party::backend)};
    upstream::idle_connections idle_;
    upstream::connector connector_{dialer_, idle_, io_.get_executor(), wheel_};
    http::session_services services_{io_.get_executor(),
                                     wheel_,
                                     relay_,
                                     connector_,
                                     idle_,
                                     shard_,
                                     log_,
                                     tls_way_,
                                     gate_,
                                     shard_.tls(metrics::party::client),
                                     shard_.tls(metrics::party::backend),
                                     {},
                                     {},
                                     {},
                                     false};
};

} // namespace fairlead::fuzz
