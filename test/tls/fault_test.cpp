#include "tls/fault.hpp"

#include "tls/server_context.hpp"
#include "test/tls/issuing.hpp"
#include "test/tls/meeting.hpp"

#include <doctest/doctest.h>

#include <set>

namespace fairlead::tls {
namespace {

// A server's SSL that is fed with bytes; `ends` also says that none follow.
struct fed_server
{
    std::shared_ptr<const server_context> context;
    ssl_handle ssl;

    fed_server()
    {
        const auto made = tls_test::issue({.alternatives = "DNS:a.example"});
        const std::string chain = made.pem();
        const std::string key = made.key_pem();
        context = *server_context::build(
            {.certificates = {*certificate::read({chain, key, {}}, std::chrono::system_clock::now())}});
        ssl.reset(SSL_new(context->native()));
        SSL_set_accept_state(ssl.get());
    }

    failure after(std::string_view bytes, bool ends = false)
    {
        BIO* in = BIO_new(BIO_s_mem());
        BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
        BIO_set_mem_eof_return(in, ends ? 0 : -1);
        SSL_set_bio(ssl.get(), in, BIO_new(BIO_s_mem()));
        std::optional<failure> failed;
        CHECK_FALSE(tls_test::step(ssl.get(), failed));
        REQUIRE(failed);
        return *failed;
    }
};

} // namespace

TEST_SUITE("fault")
{
    TEST_CASE("plain HTTP is told from garbage")
    {
        CHECK(fed_server().after("GET / HTTP/1.1\r\nHost: a\r\n\r\n").what == fault::plain_http);
        CHECK(fed_server().after("POST / HTTP/1.1\r\nHost: a\r\n\r\n").what == fault::plain_http);
        CHECK(fed_server().after("SSH-2.0-OpenSSH_9.2\r\n").what == fault::garbage);
        CHECK(fed_server().after(std::string(64, '\0')).what == fault::garbage);
    }

    TEST_CASE("an end in the handshake is truncated")
    {
        CHECK(fed_server().after("", true).what == fault::truncated);
        CHECK(fed_server().after(std::string("\x16\x03\x01\x02\x00\x01", 6), true).what == fault::truncated);
    }

    TEST_CASE("after the handshake an end without close_notify is told from one within a record")
    {
        fed_server server;
        const ssl_ctx_handle clients(SSL_CTX_new(TLS_client_method()));
        ssl_handle client(SSL_new(clients.get()));
        SSL_set_connect_state(client.get());
        auto at = tls_test::meet(std::move(client), server.context->native());
        REQUIRE(at.is_done());
        const auto read_from = [&](std::string_view bytes) {
            BIO* in = BIO_new(BIO_s_mem());
            BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
            BIO_set_mem_eof_return(in, 0);
            SSL_set0_rbio(at.server.get(), in);
            char byte = 0;
            ERR_clear_error();
            const int result = SSL_read(at.server.get(), &byte, 1);
            return failure_of(*at.server, SSL_get_error(at.server.get(), result), 0, false).what;
        };
        CHECK(read_from("") == fault::close_notify_missing);
    }

    TEST_CASE("a record that is cut short is truncated")
    {
        fed_server server;
        const ssl_ctx_handle clients(SSL_CTX_new(TLS_client_method()));
        ssl_handle client(SSL_new(clients.get()));
        SSL_set_connect_state(client.get());
        auto at = tls_test::meet(std::move(client), server.context->native());
        BIO* in = BIO_new(BIO_s_mem());
        BIO_write(in, "\x17\x03\x03\x00\x40partial", 12);
        BIO_set_mem_eof_return(in, 0);
        SSL_set0_rbio(at.server.get(), in);
        char byte = 0;
        ERR_clear_error();
        const int result = SSL_read(at.server.get(), &byte, 1);
        CHECK(failure_of(*at.server, SSL_get_error(at.server.get(), result), 0, false).what ==
              fault::truncated);
    }

    TEST_CASE("a record that does not open is a bad record")
    {
        fed_server server;
        const ssl_ctx_handle clients(SSL_CTX_new(TLS_client_method()));
        ssl_handle client(SSL_new(clients.get()));
        SSL_set_connect_state(client.get());
        auto at = tls_test::meet(std::move(client), server.context->native());
        BIO* in = BIO_new(BIO_s_mem());
        const std::string record = std::string("\x17\x03\x03\x00\x40", 5) + std::string(64, 'x');
        BIO_write(in, record.data(), static_cast<int>(record.size()));
        SSL_set0_rbio(at.server.get(), in);
        char byte = 0;
        ERR_clear_error();
        const int result = SSL_read(at.server.get(), &byte, 1);
        CHECK(failure_of(*at.server, SSL_get_error(at.server.get(), result), 0, false).what ==
              fault::bad_record);
    }

    TEST_CASE("every fault has a word of its own")
    {
        std::set<std::string_view> words;
        for (int i = 0; i <= static_cast<int>(fault::other); ++i)
            words.insert(word_of(static_cast<fault>(i)));
        CHECK(words.size() == static_cast<std::size_t>(fault::other) + 1);
        CHECK_FALSE(words.contains(""));
    }
}

} // namespace fairlead::tls
