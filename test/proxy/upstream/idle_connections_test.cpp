#include "proxy/upstream/idle_connections.hpp"

#include "proxy/snat/tuple_ledger.hpp"
#include "test/proxy/snat/port_sets.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace fairlead;
using upstream::connection;

namespace {

struct bench
{
    test::event_loop loop;
    std::deque<test::peer> peers; // of the connections, in the order of their making
    std::shared_ptr<upstream::backend> first = make_backend("10.0.0.1:80");
    std::shared_ptr<upstream::backend> second = make_backend("10.0.0.2:80");
    upstream::idle_connections idle;

    static std::shared_ptr<upstream::backend> make_backend(const char* address)
    {
        return std::make_shared<upstream::backend>("chat", conf::parse_endpoint(address).value(), 1);
    }

    upstream::connection_ptr connect(const std::shared_ptr<upstream::backend>& to)
    {
        test::link made(loop);
        peers.push_back(std::move(made.theirs));
        auto out = std::make_unique<connection>(loop.executor());
        out->to = to;
        out->stream = std::move(made.ours);
        return out;
    }
    void keep(const std::shared_ptr<upstream::backend>& to, net::milliseconds_count now = 0,
              std::size_t limit = 8)
    {
        idle.put(connect(to), limit, now);
    }
    void keep_for(const upstream::connection_owner& owner, net::milliseconds_count now = 0,
                  std::size_t limit = 8)
    {
        auto made = connect(first);
        made->owner = owner;
        idle.put(std::move(made), limit, now);
    }
    static upstream::connection_owner client(const char* ip, std::uint16_t port)
    {
        return upstream::connection_owner::client(net::ip_port{conf::parse_ip_address(ip).value(), port});
    }
    bool is_closed(std::size_t which) { return peers[which].take() == "<end>"; }
};

} // namespace

TEST_CASE("the most recent connection of the backend is taken first, and is known to be reused")
{
    bench at;
    at.keep(at.first);
    at.keep(at.first);
    at.keep(at.second);
    CHECK(at.idle.size() == 3);
    auto taken = at.idle.take(*at.first);
    REQUIRE(taken != nullptr);
    CHECK(taken->is_reused);
    CHECK(taken->to == at.first);
    CHECK_FALSE(at.loop.finish(taken->stream.write("ping")));
    CHECK(at.peers[1].take() == "ping");
    CHECK(at.idle.take(*at.first) != nullptr);
    CHECK(at.idle.take(*at.first) == nullptr);
    CHECK(at.idle.size() == 1);
}

TEST_CASE("a connection that spoke or ended while it should be silent is dropped, not reused")
{
    bench at;
    at.keep(at.first);
    at.keep(at.first);
    at.keep(at.first);
    at.peers[1].end();
    at.peers[2].put("HTTP/1.1 408 Request Timeout\r\n\r\n");
    auto taken = at.idle.take(*at.first);
    REQUIRE(taken != nullptr);
    CHECK_FALSE(at.loop.finish(taken->stream.write("ping")));
    CHECK(at.peers[0].take() == "ping");
    CHECK(at.is_closed(1));
    CHECK(at.idle.size() == 0);
}

TEST_CASE("no more than the limit are kept for each backend")
{
    bench at;
    for (int i = 0; i < 3; ++i)
        at.keep(at.first, 0, 2);
    at.keep(at.second, 0, 2);
    CHECK(at.idle.size() == 3);
    CHECK(at.is_closed(2));
    at.keep(at.first, 0, 0);
    CHECK(at.is_closed(4));
}

TEST_CASE("bytes that were read and not used do not outlive the exchange they came with")
{
    bench at;
    auto made = at.connect(at.first);
    made->unread.append("left over");
    at.idle.put(std::move(made), 8, 0);
    CHECK(at.idle.take(*at.first)->unread.empty());
}

TEST_CASE("a sweep drops what was idle too long and what is not silent")
{
    bench at;
    at.keep(at.first, 100);
    at.keep(at.first, 200);
    at.keep(at.second, 300);
    at.keep(at.second, 300);
    at.peers[3].end();
    at.idle.sweep(100);
    CHECK(at.idle.size() == 2);
    CHECK(at.is_closed(0));
    CHECK_FALSE(at.is_closed(1));
    CHECK_FALSE(at.is_closed(2));
    at.idle.sweep(300);
    CHECK(at.idle.size() == 0);
}

TEST_CASE("a kept connection holds its source tuple, and gives it back when it is dropped")
{
    bench at;
    const auto address = conf::parse_ip_address("10.0.0.1").value();
    snat::tuple_ledger ledger;
    auto& space = ledger.hold(address, {address, 80}, snat::some_ports(1));
    auto made = at.connect(at.first);
    made->source = std::move(*space.claim());
    at.idle.put(std::move(made), 8, 0);
    CHECK(space.in_use() == 1);
    at.idle.clear();
    CHECK(space.in_use() == 0);
    CHECK(at.is_closed(0));
}

TEST_CASE("a connection that is one client's is given to that client alone, the most recent first")
{
    bench at;
    const auto ann = at.client("192.0.2.1", 5000);
    const auto bob = at.client("192.0.2.1", 5001);
    at.keep_for(ann);
    at.keep_for(ann);
    CHECK(at.idle.take(*at.first) == nullptr);
    CHECK(at.idle.take(*at.first, bob) == nullptr);
    CHECK(at.idle.take(*at.second, ann) == nullptr);
    at.keep(at.first);
    CHECK(at.idle.take(*at.first, bob) == nullptr);
    auto taken = at.idle.take(*at.first, ann);
    REQUIRE(taken != nullptr);
    CHECK(taken->is_reused);
    CHECK(taken->owner == ann);
    CHECK_FALSE(at.loop.finish(taken->stream.write("ping")));
    CHECK(at.peers[1].take() == "ping");
    CHECK(at.idle.size() == 2);
    CHECK(at.idle.take(*at.first, ann) != nullptr);
    CHECK(at.idle.take(*at.first, ann) == nullptr);
}

TEST_CASE("a client's own connection takes the place of the one that waits longest")
{
    bench at;
    const auto ann = at.client("192.0.2.1", 5000);
    const auto bob = at.client("2001:db8::1", 5000);
    at.keep_for(ann, 1, 2);
    at.keep_for(bob, 2, 2);
    at.keep_for(bob, 3, 2);
    CHECK(at.idle.size() == 2);
    CHECK(at.is_closed(0));
    CHECK(at.idle.take(*at.first, ann) == nullptr);
    CHECK(at.first->idle() == 2);
    at.keep_for(ann, 4, 0);
    CHECK(at.is_closed(3));
    CHECK(at.idle.size() == 2);
}

TEST_CASE("a client's own connections are swept like anybody's, and forgotten when it leaves")
{
    bench at;
    const auto ann = at.client("192.0.2.1", 5000);
    const auto bob = at.client("192.0.2.2", 5000);
    at.keep_for(ann, 100);
    at.keep_for(ann, 200);
    at.keep_for(bob, 200);
    at.keep_for(bob, 200);
    at.peers[2].end();
    at.idle.sweep(100);
    CHECK(at.idle.size() == 2);
    CHECK(at.is_closed(0));
    CHECK(at.is_closed(2));
    at.idle.forget(ann);
    CHECK(at.idle.size() == 1);
    CHECK(at.is_closed(1));
    CHECK(at.idle.take(*at.first, ann) == nullptr);
    at.peers[3].end();
    CHECK(at.idle.take(*at.first, bob) == nullptr);
    CHECK(at.idle.size() == 0);
    CHECK(at.first->idle() == 0);
}
