#include "tls/connection.hpp"

#include "test/support/tls_ends.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using test::bytes_of;
using test::pair_of_ends;
using test::pattern;
using test::text_and_state;
using tls::io_state;

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

TEST_CASE("one read opens a bounded number of records, and the rest needs no event")
{
    std::optional<pair_of_ends> made;
    SUBCASE("TLS 1.3") { made.emplace(TLS1_3_VERSION); }
    SUBCASE("TLS 1.2") { made.emplace(TLS1_2_VERSION); }
    pair_of_ends& at = *made;
    at.shake();
    const std::string text = pattern(1'000);
    std::string records;
    for (const char byte : text)
        records += at.theirs->seal({&byte, 1});
    at.theirs->put_raw(records);
    std::string got;
    int reads = 0;
    for (io_state state = io_state::done; state == io_state::done; ++reads) {
        const auto [some, next] = at.read();
        CHECK(some.size() <= 128);
        CHECK((next != io_state::done || at.ours->has_buffered()));
        got += some;
        state = next;
    }
    CHECK((got == text));
    CHECK(reads >= 8);
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

TEST_CASE("a step in three parts: what came goes in first, and what is made leaves last")
{
    std::optional<pair_of_ends> made;
    SUBCASE("TLS 1.3, server") { made.emplace(TLS1_3_VERSION); }
    SUBCASE("TLS 1.2, server") { made.emplace(TLS1_2_VERSION); }
    SUBCASE("TLS 1.3, client") { made.emplace(TLS1_3_VERSION, pair_of_ends::part::client); }
    pair_of_ends& at = *made;
    tls::wire aside(tls::wire::reach::nowhere);
    for (bool is_over = false; !is_over;) {
        is_over = at.theirs->step();
        REQUIRE_FALSE(at.ours->take_in().has_value());
        const std::uint64_t sent = at.ours->bytes_sent();
        const tls::io_result told = at.ours->compute(aside);
        CHECK(at.ours->bytes_sent() == sent);
        const tls::io_state state = at.ours->hand_out(told).state;
        REQUIRE((state == io_state::want_read || state == io_state::done));
        is_over = at.theirs->step() && state == io_state::done;
    }
    at.theirs->put("to us");
    CHECK(at.read() == text_and_state{"to us", io_state::want_read});
    CHECK(at.ours->write(bytes_of("to them")).count == 7);
    CHECK(at.theirs->take() == "to them");
}

TEST_CASE("a hello of which only a part has come waits for the rest, whoever computes")
{
    pair_of_ends at;
    tls::wire aside(tls::wire::reach::nowhere);
    SSL_do_handshake(at.theirs->ssl());
    const std::string hello = at.theirs->records();
    for (const char byte : hello) {
        CHECK(at.ours->bytes_sent() == 0);
        at.theirs->put_raw({&byte, 1});
        REQUIRE_FALSE(at.ours->take_in().has_value());
        CHECK(at.ours->hand_out(at.ours->compute(aside)).state == io_state::want_read);
    }
    CHECK(at.ours->bytes_sent() > 0);
}
