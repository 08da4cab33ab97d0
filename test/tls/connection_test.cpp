#include "tls/connection.hpp"

#include "test/support/tls_contexts.hpp"

#include <doctest/doctest.h>

#include <openssl/err.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

using namespace fairlead;
using tls::fault;
using tls::io_state;

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// One of ours and the test's end, over a socket pair, with the handshake still to come.
struct pair_of_ends
{
    enum class part
    {
        server,
        client
    };

    explicit pair_of_ends(int version = TLS1_3_VERSION, part ours_is = part::server)
        : servers(test::make_server_context(version))
    {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        our_fd = fds[0];
        const bool is_server = ours_is == part::server;
        ours.emplace(is_server ? test::accepting(*servers) : test::connecting(*clients), fds[0], way);
        theirs.emplace(is_server ? test::connecting(*clients) : test::accepting(*servers), fds[1]);
    }
    ~pair_of_ends()
    {
        ::close(our_fd);
        if (their_fd_is_open) ::close(theirs->fd());
    }

    void shake() { test::shake_hands(*ours, *theirs); }
    void end_tcp() { ::shutdown(theirs->fd(), SHUT_WR); }
    void close_tcp()
    {
        ::close(theirs->fd());
        their_fd_is_open = false;
    }

    fault fault_of() const
    {
        REQUIRE(ours->failed_by() != nullptr);
        return ours->failed_by()->what;
    }

    // As much as one read gives, and its state.
    std::pair<std::string, io_state> read(std::size_t room = 65536)
    {
        std::vector<std::uint8_t> into(room);
        const tls::io_result got = ours->read(into);
        return {std::string(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.count)), got.state};
    }

    tls::ssl_ctx_handle servers;
    tls::ssl_ctx_handle clients = test::make_client_context();
    tls::wire way;
    int our_fd = -1;
    bool their_fd_is_open = true;
    std::optional<tls::connection> ours;
    std::optional<test::tls_peer> theirs;
};

std::string pattern(std::size_t size)
{
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<char>(i * 2654435761U >> 13);
    return out;
}

using text_and_state = std::pair<std::string, io_state>;

} // namespace

TEST_CASE("bytes go both ways, over either version, as server and as client")
{
    std::optional<pair_of_ends> made;
    SUBCASE("TLS 1.3, server") { made.emplace(TLS1_3_VERSION); }
    SUBCASE("TLS 1.2, server") { made.emplace(TLS1_2_VERSION); }
    SUBCASE("TLS 1.3, client") { made.emplace(TLS1_3_VERSION, pair_of_ends::part::client); }
    SUBCASE("TLS 1.2, client") { made.emplace(TLS1_2_VERSION, pair_of_ends::part::client); }
    pair_of_ends& at = *made;
    at.shake();
    CHECK(at.ours->bytes_sent() > 100);
    at.theirs->put("to us");
    CHECK(at.read() == text_and_state{"to us", io_state::want_read});
    CHECK(at.read() == text_and_state{"", io_state::want_read});
    const tls::io_result sent = at.ours->write(bytes_of("to them"));
    CHECK(sent.count == 7);
    CHECK(sent.state == io_state::done);
    CHECK(at.theirs->take() == "to them");
    CHECK_FALSE(at.ours->has_buffered());
}

TEST_CASE("records that come a byte at a time are read when they are whole")
{
    pair_of_ends at;
    at.shake();
    std::string records = at.theirs->seal("first");
    records += at.theirs->seal("second");
    std::string got;
    for (const char byte : records) {
        at.theirs->put_raw({&byte, 1});
        const auto [text, state] = at.read();
        CHECK(state == io_state::want_read);
        got += text;
    }
    CHECK(got == "firstsecond");
}

TEST_CASE("a read with little room says that there may be more, and no event is needed for it")
{
    pair_of_ends at;
    at.shake();
    const std::string text = pattern(50'000);
    at.theirs->put(text);
    std::string got;
    for (;;) {
        const auto [part, state] = at.read(700);
        got += part;
        if (state == io_state::want_read) break;
        REQUIRE(state == io_state::done);
        REQUIRE(part.size() == 700);
        CHECK((got.size() >= text.size() || at.ours->has_buffered()));
    }
    CHECK((got == text));
    CHECK_FALSE(at.ours->has_buffered());
}

TEST_CASE("what comes right behind the handshake is not lost")
{
    pair_of_ends at;
    at.theirs->step();
    (void)at.ours->handshake();
    at.theirs->fetch();
    REQUIRE(SSL_do_handshake(at.theirs->ssl()) == 1);
    const std::string finished = at.theirs->records();
    at.theirs->put_raw(finished + at.theirs->seal("early"));
    CHECK(at.ours->handshake().state == io_state::done);
    CHECK(at.ours->has_buffered());
    CHECK(at.read().first == "early");
}

TEST_CASE("a peer that does not read stops our writes, and nothing is lost, doubled or reordered")
{
    std::optional<pair_of_ends> made;
    SUBCASE("TLS 1.3") { made.emplace(TLS1_3_VERSION); }
    SUBCASE("TLS 1.2") { made.emplace(TLS1_2_VERSION); }
    pair_of_ends& at = *made;
    at.shake();
    const std::string text = pattern(3'000'000);
    std::string got;
    std::size_t written = 0;
    int stops = 0;
    while (got.size() < text.size()) {
        const tls::io_result sent = at.ours->write(bytes_of(text).subspan(written));
        REQUIRE(sent.state != io_state::failed);
        written += sent.count;
        if (sent.state == io_state::done) CHECK(written == text.size());
        stops += sent.state == io_state::want_write;
        got += at.theirs->take();
    }
    CHECK((got == text));
    CHECK(stops > 3);
    CHECK(at.ours->write({}).state == io_state::done);
    CHECK(at.ours->bytes_sent() == at.theirs->wire_bytes());
}

TEST_CASE("a long write begins with records of a packet each and goes on with full ones")
{
    pair_of_ends at;
    at.shake();
    const std::string text = pattern(60'000);
    CHECK(at.ours->write(bytes_of(text)).count == text.size());
    CHECK((at.theirs->take() == text));
    const std::vector<std::size_t>& sizes = at.theirs->record_sizes();
    REQUIRE(sizes.size() == 13);
    CHECK(sizes[0] == 1'300);
    CHECK(sizes[9] == 1'300);
    CHECK(sizes[10] == 16'384);
    CHECK(sizes[12] == 60'000 - 13'000 - 2 * 16'384);
}

TEST_CASE("a close_notify is an end in order, and the other direction goes on (RFC 8446 6.1)")
{
    pair_of_ends at;
    at.shake();
    const std::string last = at.theirs->seal("last");
    at.theirs->put_raw(last + at.theirs->seal_goodbye());
    CHECK(at.read() == text_and_state{"last", io_state::done});
    CHECK(at.read() == text_and_state{"", io_state::closed});
    CHECK(at.read() == text_and_state{"", io_state::closed});
    CHECK(at.ours->write(bytes_of("answer")).state == io_state::done);
    CHECK(at.ours->send_close_notify().state == io_state::done);
    CHECK(at.theirs->take() == "answer<closed>");
    CHECK(at.ours->write(bytes_of("more")).state == io_state::failed);
    CHECK(at.ours->failed_by() == nullptr);
}

TEST_CASE(
    "an end of TCP without close_notify is told apart, the bytes before it are whole, and we can answer")
{
    pair_of_ends at;
    at.shake();
    at.theirs->put("last");
    at.end_tcp();
    CHECK(at.read().first == "last");
    CHECK(at.read() == text_and_state{"", io_state::truncated});
    CHECK(at.read() == text_and_state{"", io_state::truncated});
    CHECK(at.ours->write(bytes_of("answer")).state == io_state::done);
    CHECK(at.theirs->take() == "answer");
}

TEST_CASE("an end within a record is a truncation, and that record is not given out")
{
    pair_of_ends at;
    at.shake();
    const std::string record = at.theirs->seal("never whole");
    at.theirs->put_raw(std::string_view(record).substr(0, record.size() - 1));
    at.end_tcp();
    CHECK(at.read() == text_and_state{"", io_state::want_read});
    CHECK(at.read() == text_and_state{"", io_state::truncated});
}

TEST_CASE("our own close_notify leaves the peer's direction open")
{
    pair_of_ends at;
    at.shake();
    CHECK(at.ours->send_close_notify().state == io_state::done);
    CHECK(at.ours->send_close_notify().state == io_state::done);
    CHECK(at.theirs->take() == "<closed>");
    at.theirs->put("still here");
    CHECK(at.read().first == "still here");
}

TEST_CASE("an altered record ends the connection and is not given out")
{
    pair_of_ends at;
    at.shake();
    std::string record = at.theirs->seal("hello");
    record.back() = static_cast<char>(record.back() ^ 1);
    at.theirs->put_raw(record);
    CHECK(at.read().second == io_state::failed);
    CHECK(at.fault_of() == fault::bad_record);
    CHECK(at.ours->write(bytes_of("x")).state == io_state::failed);
    CHECK(at.theirs->take() == "<error>"); // our alert
}

TEST_CASE("a broken TCP connection is a reset")
{
    pair_of_ends at;
    at.shake();
    CHECK(at.ours->write(bytes_of("unread")).state == io_state::done);
    at.close_tcp();
    CHECK(at.read().second == io_state::failed);
    CHECK(at.fault_of() == fault::reset);
    CHECK(at.ours->receive_error() == ECONNRESET);
}

TEST_CASE("sending to a peer that has left fails, and what it sent before can still be read")
{
    pair_of_ends at;
    at.shake();
    at.theirs->put("goodbye");
    at.close_tcp();
    CHECK(at.ours->write(bytes_of("x")).state == io_state::failed);
    CHECK(at.ours->send_error() == EPIPE);
    CHECK(at.read().first == "goodbye");
    CHECK(at.read().second == io_state::truncated);
}

TEST_CASE("whoever speaks something else than TLS is told by what it is")
{
    pair_of_ends at;
    std::string sent;
    fault expected = fault::plain_http;
    SUBCASE("a GET") { sent = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"; }
    SUBCASE("a method that OpenSSL does not know") { sent = "PROPFIND / HTTP/1.1\r\n\r\n"; }
    SUBCASE("bytes")
    {
        sent = std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08", 9);
        expected = fault::garbage;
    }
    SUBCASE("a record of no version")
    {
        sent = std::string("\x16\x09\x09\x00\x02\x01\x00", 7);
        expected = fault::garbage;
    }
    at.theirs->put_raw(sent);
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == expected);
    CHECK_FALSE(at.ours->failed_by()->text.empty());
    // Who speaks HTTP gets no alert, but an answer by whoever is asked next.
    if (expected == fault::plain_http) CHECK(at.ours->bytes_sent() == 0);
}

TEST_CASE("a handshake that the peer ends in the middle has ended, whatever it sent before")
{
    pair_of_ends at;
    SUBCASE("nothing") {}
    SUBCASE("half a hello")
    {
        SSL_do_handshake(at.theirs->ssl());
        at.theirs->put_raw(at.theirs->records().substr(0, 100));
        CHECK(at.ours->handshake().state == io_state::want_read);
    }
    SUBCASE("a hello")
    {
        CHECK_FALSE(at.theirs->step());
        CHECK(at.ours->handshake().state == io_state::want_read);
    }
    at.end_tcp();
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == fault::truncated);
}

TEST_CASE("a version that is not common is refused with an alert")
{
    pair_of_ends at(TLS1_2_VERSION);
    SSL_set_min_proto_version(at.theirs->ssl(), TLS1_3_VERSION);
    at.theirs->step();
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == fault::no_shared_version);
    CHECK(at.theirs->take() == "<error>");
}

TEST_CASE("a client that does not trust our certificate refuses it by an alert")
{
    pair_of_ends at;
    SSL_set_verify(at.theirs->ssl(), SSL_VERIFY_PEER, nullptr);
    at.theirs->step();
    CHECK(at.ours->handshake().state == io_state::want_read);
    at.theirs->step();
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == fault::refused_by_peer);
}

TEST_CASE("looking ahead takes nothing and sees behind a session ticket")
{
    pair_of_ends at(TLS1_3_VERSION, pair_of_ends::part::client);
    at.shake(); // with a ticket on its way
    CHECK(at.ours->peek() == io_state::want_read);
    CHECK(at.ours->peek() == io_state::want_read);
    at.theirs->put("x");
    CHECK(at.ours->peek() == io_state::done);
    CHECK(at.read().first == "x");
    at.theirs->put_raw(at.theirs->seal_goodbye());
    CHECK(at.ours->peek() == io_state::closed);
    CHECK(at.ours->peek() == io_state::closed);
}

TEST_CASE("keys may change in the middle of a stream (RFC 8446 4.6.3)")
{
    pair_of_ends at;
    at.shake();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(SSL_key_update(at.theirs->ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        at.theirs->put("changed");
        CHECK(at.read().first == "changed");
        CHECK(at.ours->write(bytes_of("too")).state == io_state::done);
        CHECK(at.theirs->take() == "too");
    }
}

TEST_CASE("connections of one thread share the wire without mixing")
{
    pair_of_ends first;
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    tls::connection second(test::accepting(*first.servers), fds[0], first.way);
    test::tls_peer second_peer(test::connecting(*first.clients), fds[1]);
    // Both in the middle of their handshakes at once, and one gone before the other is done.
    {
        std::array<int, 2> more{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, more.data()) == 0);
        tls::connection third(test::accepting(*first.servers), more[0], first.way);
        test::tls_peer third_peer(test::connecting(*first.clients), more[1]);
        for (auto* each : {&*first.theirs, &second_peer, &third_peer})
            each->step();
        for (auto* each : {&*first.ours, &second, &third})
            CHECK(each->handshake().state == io_state::want_read);
        ::close(more[0]);
        ::close(more[1]);
    }
    first.shake();
    test::shake_hands(second, second_peer);
    first.theirs->put("one");
    second_peer.put("two");
    CHECK(first.read().first == "one");
    std::array<std::uint8_t, 16> room{};
    CHECK(second.read(room).count == 3);
    CHECK(room[0] == 't');
    ::close(fds[0]);
    ::close(fds[1]);
}
