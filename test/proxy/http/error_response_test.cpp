#include "proxy/http/error_response.hpp"

#include <doctest/doctest.h>

using namespace fairlead::http;

TEST_CASE("an error answer says what went wrong in one line and closes")
{
    CHECK(error_response(502, "backend sent a malformed head") ==
          "HTTP/1.1 502 Bad Gateway\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Cache-Control: no-store\r\n"
          "Content-Length: 47\r\n"
          "Connection: close\r\n\r\n"
          "502 Bad Gateway: backend sent a malformed head\n");
}

TEST_CASE("an error answer can keep the connection and carry more fields")
{
    const auto answer = error_response(503, "", {.keep_alive = true, .header_lines = "Retry-After: 5\r\n"});
    CHECK(answer.find("Connection: keep-alive\r\nRetry-After: 5\r\n\r\n503 Service Unavailable\n") !=
          std::string::npos);
    CHECK(answer.find("Content-Length: 24\r\n") != std::string::npos);
}

TEST_CASE("an error answer to HEAD has the length of the body it does not send (RFC 9110 9.3.2)")
{
    const auto answer = error_response(404, "no route", {.head_only = true});
    CHECK(answer.find("Content-Length: 24\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("an OPTIONS that goes no further is told what passes (RFC 9110 7.6.2, 9.3.7)")
{
    std::string out;
    append_options_answer(out, {.keep_alive = true, .date_line = "Date: x\r\n"});
    CHECK(out ==
          "HTTP/1.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\nContent-Length: 0\r\n"
          "Connection: keep-alive\r\nDate: x\r\n\r\n");
}

TEST_CASE("an error answer has the Date it is given (RFC 9110 6.6.1)")
{
    CHECK(error_response(404, "", {.date_line = "Date: x\r\n"}).find("\r\nDate: x\r\n\r\n404 ") !=
          std::string::npos);
}

TEST_CASE("a refusal is answered with its own fields")
{
    const refusal why{refusal_kind::unsupported_method, 405, "TRACE is not allowed", "Allow: GET\r\n"};
    const auto answer = error_response(why);
    CHECK(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
    CHECK(answer.find("Connection: close\r\nAllow: GET\r\n\r\n") != std::string::npos);
}

TEST_CASE("a status without a name has the name of its class")
{
    CHECK(reason_phrase(504) == "Gateway Timeout");
    CHECK(reason_phrase(101) == "Switching Protocols");
    CHECK(reason_phrase(418) == "Client Error");
    CHECK(reason_phrase(599) == "Server Error");
    CHECK(reason_phrase(299) == "Success");
    CHECK(reason_phrase(999) == "Unknown");
}
