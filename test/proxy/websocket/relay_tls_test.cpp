#include "proxy/net/memory_account.hpp"
#include "test/proxy/websocket/relay_bench.hpp"
#include "test/support/allocations.hpp"
#include "test/support/tls_contexts.hpp"

#include <chrono>

#include <sys/ioctl.h>

using namespace fairlead;
using test::drained;
using test::masked_close;
using test::masked_hello;
using test::our_close;
using test::plain_close;
using test::plain_hello;
using websocket::end_cause;
using websocket::side;
using bench = test::relay_bench;

namespace {

// A tunnel of which either side may be TLS; the test is both peers. The client's leg is a server's.
struct tls_bench
{
    struct which_sides
    {
        bool client = true;
        bool backend = true;
        int version = TLS1_3_VERSION;
        bool is_alone = true;  // OpenSSL's connection is let go, where it can be
        int client_buffer = 0; // of the kernel, for what goes to the client; 0: its choice
    };

    explicit tls_bench(const which_sides& secured, websocket::tunnel_policy policy = {},
                       std::string_view sent_early = {}, bool is_websocket = true)
        : servers(test::make_server_context(secured.version))
    {
        bench::setting how;
        how.policy = policy;
        how.is_websocket = is_websocket;
        if (secured.client)
            how.client_tls = [this, sent_early, secured](int ours, int theirs) {
                const int size = secured.client_buffer;
                if (size != 0) ::setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
                auto made = std::make_unique<tls::connection>(test::accepting(*servers), ours, way);
                client.emplace(test::connecting(*clients), theirs);
                test::shake_hands(*made, *client);
                if (secured.is_alone) (void)made->go_on_alone();
                if (!sent_early.empty()) client->put(sent_early);
                return made;
            };
        if (secured.backend)
            how.backend_tls = [this, secured](int ours, int theirs) {
                auto made = std::make_unique<tls::connection>(test::connecting(*clients), ours, way);
                backend.emplace(test::accepting(*servers), theirs);
                test::shake_hands(*made, *backend);
                if (secured.is_alone) (void)made->go_on_alone();
                return made;
            };
        at.emplace(how);
    }

    // Of the test's end of a side.
    std::string seal(side of, std::string_view bytes)
    {
        auto& peer = peer_of(of);
        return peer ? peer->seal(bytes) : std::string(bytes);
    }
    void put(side of, std::string_view bytes) { bench::put(fd_of(of), seal(of, bytes)); }
    std::string take(side of)
    {
        auto& peer = peer_of(of);
        if (!peer) return at->take(fd_of(of));
        std::string out;
        for (;;) {
            at->turn();
            const std::string some = peer->take();
            out += some;
            if (some.empty() || some.ends_with('>')) return out;
        }
    }
    void end(side of)
    {
        if (auto& peer = peer_of(of)) bench::put(fd_of(of), peer->seal_goodbye());
        ::shutdown(fd_of(of), SHUT_WR);
    }
    std::string end_of(side of) { return peer_of(of) ? "<closed><end>" : "<end>"; }

    std::optional<test::tls_peer>& peer_of(side of) { return of == side::client ? client : backend; }
    int fd_of(side of) const { return of == side::client ? at->client : at->backend; }

    tls::ssl_ctx_handle servers;
    tls::ssl_ctx_handle clients = test::make_client_context();
    tls::wire way;
    std::optional<test::tls_peer> client;
    std::optional<test::tls_peer> backend;
    std::optional<bench> at;
};

tls_bench::which_sides any_sides()
{
    tls_bench::which_sides out;
    SUBCASE("TLS to the client") { out = {true, false}; }
    SUBCASE("TLS to the backend") { out = {false, true}; }
    SUBCASE("TLS on both sides") { out = {true, true}; }
    SUBCASE("TLS on both sides, with OpenSSL") { out = {true, true, TLS1_3_VERSION, false}; }
    SUBCASE("TLS 1.2 on both sides") { out = {true, true, TLS1_2_VERSION}; }
    return out;
}

std::string big_frame(std::size_t size)
{
    std::string out{"\x82\x7f\0\0\0\0", 6};
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(size >> shift);
    for (std::size_t i = 0; i < size; ++i)
        out += static_cast<char>(i * 2654435761U >> 13);
    return out;
}

} // namespace

TEST_CASE("bytes pass untouched over TLS and messages are counted live")
{
    tls_bench it(any_sides());
    it.put(side::client, masked_hello + masked_hello);
    CHECK(it.take(side::backend) == masked_hello + masked_hello);
    it.put(side::backend, plain_hello);
    CHECK(it.take(side::client) == plain_hello);
    using metrics::direction;
    CHECK(it.at->cells.messages[direction::to_backend][metrics::frame_kind::text].value() == 2);
    CHECK(it.at->cells.bytes[direction::to_client].value() == 7);
    CHECK(it.at->ended.empty());
}

TEST_CASE("records that come one byte at a time give the same messages")
{
    tls_bench it(any_sides());
    for (const side from : websocket::both_sides) {
        const std::string& hello = from == side::client ? masked_hello : plain_hello;
        std::string got;
        std::string records = it.seal(from, hello);
        records += it.seal(from, hello);
        for (const char byte : records) {
            bench::put(it.fd_of(from), {&byte, 1});
            got += it.take(websocket::other(from));
        }
        CHECK(got == hello + hello);
    }
}

TEST_CASE("what TLS read before the relay had the sockets is not forgotten")
{
    const std::string early = masked_hello;
    tls_bench it({true, false}, {}, early);
    CHECK(it.take(side::backend) == masked_hello);
}

TEST_CASE("a slow reader over TLS stops its sender, and nothing is lost or reordered")
{
    tls_bench it(any_sides());
    net::memory_account account(it.at->worker);
    account.adopt_thread();
    const auto& held = it.at->worker.memory[metrics::memory_kind::remainders];
    for (const side from : websocket::both_sides) {
        const std::string sent = it.seal(from, big_frame(6'000'000));
        const std::string expected = big_frame(6'000'000);
        std::string_view left = sent;
        for (int stalls = 0; stalls < 3;) {
            const ssize_t count = ::send(it.fd_of(from), left.data(), left.size(), MSG_NOSIGNAL);
            if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
            stalls = count > 0 ? 0 : stalls + 1;
            it.at->turn();
        }
        CHECK(left.size() > 4'000'000); // it was stopped long before the end
        CHECK(held.value() > 1'000);    // records that TLS keeps count as well
        std::string got;
        while (got.size() < expected.size()) {
            got += it.take(websocket::other(from));
            if (left.empty()) continue;
            const ssize_t count = ::send(it.fd_of(from), left.data(), left.size(), MSG_NOSIGNAL);
            if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
        }
        CHECK((got == expected));
        CHECK(held.value() == 0);
    }
    it.put(side::client, masked_hello);
    CHECK(it.take(side::backend) == masked_hello);
}

TEST_CASE("an end in order is relayed as such, and the other direction goes on")
{
    tls_bench it(any_sides());
    it.put(side::client, masked_hello);
    it.end(side::client);
    CHECK(it.take(side::backend) == masked_hello + it.end_of(side::backend));
    it.put(side::backend, plain_hello);
    CHECK(it.take(side::client) == plain_hello);
    it.end(side::backend);
    CHECK(it.take(side::client) == it.end_of(side::client));
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::eof);
    CHECK(it.at->ended[0].end.by == metrics::party::client);
}

TEST_CASE("an end of TCP without close_notify is passed on as such, and what came before it arrives")
{
    tls_bench it({true, true});
    it.put(side::client, masked_hello);
    ::shutdown(it.at->client, SHUT_WR);
    CHECK(it.take(side::backend) == masked_hello + "<end>");
    it.put(side::backend, plain_hello);
    CHECK(it.take(side::client) == plain_hello);
    it.end(side::backend);
    it.at->turn();
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::truncated);
}

TEST_CASE("an end within a record is noticed, also when record and end come at once")
{
    tls_bench it({true, false});
    const std::string record = it.seal(side::client, masked_hello);
    bench::put(it.at->client, std::string_view(record).substr(0, 10));
    ::shutdown(it.at->client, SHUT_WR);
    CHECK(it.take(side::backend) == "<end>");
    it.end(side::backend);
    it.at->turn();
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::truncated);
}

TEST_CASE("an altered record ends the tunnel and reaches nobody")
{
    tls_bench it({true, false});
    std::string record = it.seal(side::client, masked_hello);
    record.back() = static_cast<char>(record.back() ^ 1);
    bench::put(it.at->client, record);
    CHECK(it.take(side::backend).find("Hello") == std::string::npos);
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::tls_error);
    CHECK(it.at->ended[0].end.by == metrics::party::client);
}

TEST_CASE("a side whose bytes are not whole gets the end of TCP, and no close_notify")
{
    tls_bench it({true, true, TLS1_3_VERSION, true, 8'192}, {}, {}, false);
    it.put(side::backend, "half");
    SUBCASE("the other was cut")
    {
        ::shutdown(it.at->backend, SHUT_WR);
        CHECK(it.take(side::client) == "half<end>");
    }
    SUBCASE("the other sent what cannot be read")
    {
        CHECK(it.take(side::client) == "half");
        bench::put(it.at->backend, "no record, however long one waits for it");
        CHECK(it.take(side::client) == "<end>");
    }
    SUBCASE("we end it")
    {
        CHECK(it.take(side::client) == "half");
        it.at->relay.close_oldest(1, drained);
        CHECK(it.take(side::client) == "<end>");
    }
}

TEST_CASE("a Close is an end in order, also when the end of TCP comes without that of TLS")
{
    tls_bench it({true, true});
    it.put(side::backend, plain_close);
    ::shutdown(it.at->backend, SHUT_WR);
    CHECK(it.take(side::client) == plain_close + "<closed><end>");
}

TEST_CASE("a close handshake over TLS ends as one over TCP")
{
    tls_bench it(any_sides());
    it.put(side::backend, plain_close);
    CHECK(it.take(side::client) == plain_close);
    it.put(side::client, masked_close);
    CHECK(it.take(side::backend) == masked_close);
    it.end(side::backend);
    CHECK(it.take(side::client) == it.end_of(side::client));
    it.end(side::client);
    CHECK(it.take(side::backend) == it.end_of(side::backend));
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::close_frame);
}

TEST_CASE("the relay's own Close goes out over TLS, and the client's answer ends the connection")
{
    tls_bench it({true, true});
    it.at->relay.close_oldest(1, drained);
    CHECK(it.take(side::client) == our_close);
    CHECK(it.take(side::backend).size() == 24);
    it.put(side::client, masked_close);
    it.put(side::backend, plain_close);
    CHECK(it.take(side::client) == "<closed><end>");
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::drained);
}

TEST_CASE("a client that breaks off ends its backend's TLS by a reset")
{
    tls_bench it({true, true});
    it.put(side::backend, plain_hello);
    it.at->turn();
    ::close(it.at->client); // with bytes unread
    it.at->client = ::dup(it.at->backend);
    it.at->turn();
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.by == metrics::party::client);
}

TEST_CASE("a client over TLS that takes no bytes for slow_timeout is closed; one that takes some is not")
{
    websocket::tunnel_policy policy;
    policy.slow_timeout = 50;
    tls_bench it({true, false, TLS1_3_VERSION, true, 8'192}, policy);
    const std::string frame = big_frame(60'000);
    it.put(side::backend, frame);
    it.at->turn();
    // It takes a little at a time, each time less than what TLS alone still has.
    std::array<char, 65'536> some{};
    std::size_t taken = 0;
    for (int i = 0; i < 2; ++i) {
        it.at->pass_time(3'000);
        const ssize_t count = ::recv(it.at->client, some.data(), some.size(), 0);
        REQUIRE(count > 0);
        taken += static_cast<std::size_t>(count);
        it.at->turn();
        CHECK(it.take(side::backend).empty()); // no Close
    }
    REQUIRE(taken < 40'000); // so that some still waits
    it.at->pass_time(6'000);
    it.at->pass_time(2'000);
    REQUIRE(it.at->ended.size() == 1);
    CHECK(it.at->ended[0].end.cause == end_cause::slow_consumer);
}

TEST_CASE("a tunnel that runs out of memory when its turn is gone on with costs no other")
{
    tls_bench it({true, false}, {}, {}, false);
    // So many records that a turn is cut short.
    std::string records;
    for (int i = 0; i < 3'000; ++i)
        records += it.seal(side::client, "x");
    bench::put(it.at->client, records);
    it.at->io.restart();
    int received = 0;
    while (received == 0) {
        REQUIRE(it.at->io.run_one_for(std::chrono::seconds(10)) == 1);
        REQUIRE(::ioctl(it.at->backend, FIONREAD, &received) == 0);
    }
    REQUIRE(received < 3'000);
    const int least = 1; // from here on the backend takes nothing
    REQUIRE(::setsockopt(it.at->our_backend, SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
    {
        const test::out_of_memory now(test::out_of_memory::what::objects);
        it.at->io.poll_one();
    }
    REQUIRE(it.at->ended.size() == 1);
    // `reset` where it is what TLS has read ahead that cannot be kept.
    const end_cause cause = it.at->ended[0].end.cause;
    CHECK((cause == end_cause::refused || cause == end_cause::reset));
    CHECK(it.at->relay.size() == 0);
    CHECK(it.take(side::client).find("<closed>") == std::string::npos);
}
