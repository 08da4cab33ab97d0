#include "tls/connection.hpp"

#include "test/support/tls_ends.hpp"
#include "test/tls/openssl_memory.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>

using namespace fairlead;
using test::bytes_of;
using test::pair_of_ends;
using test::text_and_state;
using tls::fault;
using tls::io_state;

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

TEST_CASE("that nothing can be sent leaves what comes alone, also where OpenSSL uses the descriptor")
{
    std::signal(SIGPIPE, SIG_IGN); // as the program does
    pair_of_ends at;
    tls::ssl_handle ssl = test::accepting(*at.servers);
    SSL_set_options(ssl.get(), SSL_OP_ENABLE_KTLS);
    at.ours.emplace(std::move(ssl), at.our_fd, at.way);
    test::shake_hands(*at.ours, *at.theirs);
    at.theirs->put("goodbye");
    ::shutdown(at.theirs->fd(), SHUT_RD);
    CHECK(at.ours->write(bytes_of("x")).state == io_state::failed);
    CHECK(at.ours->send_error() == EPIPE);
    CHECK(at.ours->receive_error() == 0);
    CHECK_FALSE(at.ours->ended_by().has_value());
    CHECK(at.read() == text_and_state{"goodbye", io_state::want_read});
}

TEST_CASE("a handshake whose answer cannot be sent has failed")
{
    pair_of_ends at;
    CHECK_FALSE(at.theirs->step());
    ::shutdown(at.theirs->fd(), SHUT_RD);
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == fault::reset);
    CHECK(at.ours->handshake().state == io_state::failed);
}

TEST_CASE("who cannot go on alone for want of memory loses nothing that OpenSSL has read")
{
    pair_of_ends at;
    test::shake_hands(*at.ours, *at.theirs);
    at.theirs->put("early");
    REQUIRE(at.ours->peek() == io_state::done);
    test::openssl_memory memory;
    memory.run_out();
    CHECK_FALSE(at.ours->go_on_alone());
    memory.refill();
    CHECK(at.read() == text_and_state{"early", io_state::want_read});
}

TEST_CASE("whoever speaks something else than TLS is told by what it is")
{
    pair_of_ends at;
    std::string sent;
    fault expected = fault::plain_http;
    SUBCASE("a GET") { sent = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"; }
    SUBCASE("a method that OpenSSL does not know") { sent = "PROPFIND / HTTP/1.1\r\n\r\n"; }
    SUBCASE("a method that comes in two pieces")
    {
        at.theirs->put_raw("PROP");
        CHECK(at.ours->handshake().state == io_state::want_read);
        sent = "FIND / HTTP/1.1\r\n\r\n";
    }
    SUBCASE("a banner of another protocol")
    {
        sent = "SSH-2.0-OpenSSH_9.2\r\n";
        expected = fault::garbage;
    }
    SUBCASE("a banner that comes in two pieces")
    {
        at.theirs->put_raw("SS");
        CHECK(at.ours->handshake().state == io_state::want_read);
        sent = "H-2.0-OpenSSH_9.2\r\n";
        expected = fault::garbage;
    }
    SUBCASE("a command of another protocol")
    {
        sent = "PING\r\n";
        expected = fault::garbage;
    }
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

TEST_CASE("a server that answers in something else than TLS is told by what it is")
{
    pair_of_ends at(TLS1_3_VERSION, pair_of_ends::part::client);
    CHECK(at.ours->handshake().state == io_state::want_read);
    std::string sent;
    fault expected = fault::plain_http;
    SUBCASE("HTTP") { sent = "HTTP/1.1 400 Bad Request\r\n\r\n"; }
    SUBCASE("a banner of another protocol")
    {
        sent = "SSH-2.0-OpenSSH_9.2\r\n";
        expected = fault::garbage;
    }
    at.theirs->put_raw(sent);
    CHECK(at.ours->handshake().state == io_state::failed);
    CHECK(at.fault_of() == expected);
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
