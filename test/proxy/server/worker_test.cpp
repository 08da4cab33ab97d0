#include "proxy/server/worker.hpp"

#include "conf/read_config.hpp"
#include "proxy/http/service.hpp"
#include "proxy/net/address.hpp"
#include "proxy/server/listening_socket.hpp"
#include "proxy/server/memory_budget.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>

#include <sys/socket.h>

using namespace fairlead;

namespace {

// A worker without listeners: only what is posted happens.
struct bench
{
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    metrics::worker_shard shard;
    log::line_writer writer{"off", "access log", [](const std::string&) {}};
    http::upgrade_gates gates;
    server::accept_queues queues;
    server::memory_budget budget;
    server::worker worker{shard, {writer, gates, queues, budget}, 0, build()};

    ~bench() { worker.stop(); }

    std::shared_ptr<const http::service> build()
    {
        auto read = conf::read_config_text(R"(
[[listen]]
address = "127.0.0.1:8080"
[pool.app]
backends = ["127.0.0.1:9"]
[[route]]
pool = "app"
)",
                                           "fairlead.toml");
        REQUIRE(read.ok());
        return http::service::build(std::move(read.value), {backends, ledger, routes}, 1);
    }

    // Whether a task that is posted now is done in time.
    bool is_alive()
    {
        auto done = std::make_shared<std::promise<void>>();
        auto is_done = done->get_future();
        worker.post([done](server::worker&) { done->set_value(); });
        return is_done.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    }
};

} // namespace

TEST_CASE("a task that throws is counted, and the worker goes on with the next")
{
    bench at;
    at.worker.start();
    at.worker.post([](server::worker&) { throw std::runtime_error("a bug"); });
    at.worker.post([](server::worker&) { throw std::bad_alloc(); });
    CHECK(at.is_alive());
    CHECK(at.shard.own().exceptions[metrics::exception_cost::task].value() == 2);
    CHECK(at.shard.own().exceptions[metrics::exception_cost::session].value() == 0);
}

TEST_CASE("a worker that threw before still ends when it is told to")
{
    bench at;
    at.worker.start();
    at.worker.post([](server::worker&) { throw std::runtime_error("a bug"); });
    REQUIRE(at.is_alive());
    at.worker.stop();
    at.worker.join();
    CHECK(at.worker.is_idle());
}

TEST_CASE("a worker that ends before it has come to its drain closes what it listens on, and ends")
{
    const auto address = conf::parse_listen_endpoint("127.0.0.1:0");
    REQUIRE(address);
    auto sockets = server::open_listening_sockets(*address, 1, 16);
    const net::socket_address bound = net::local_of(sockets.front().get());
    auto at = std::make_unique<bench>();
    conf::listen_options options;
    options.address = *address;
    at->worker.add_listener(options, std::move(sockets.front()));
    at->worker.post([](server::worker& self) { self.drain(); });
    at.reset();
    const test::peer late(::socket(bound.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK(::connect(late.fd(), bound.data(), bound.size) != 0);
}
