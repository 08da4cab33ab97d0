#include "proxy/http/cors.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::http {
namespace {

conf::cors_options rules(bool credentials = false)
{
    conf::cors_options out;
    out.origins = {{conf::origin_pattern::kind::exact, "https://app.test", ""},
                   {conf::origin_pattern::kind::wildcard, ".apps.test", "https"}};
    out.methods = {"GET", "PUT"};
    out.headers = {"Authorization", "X-Tenant"};
    out.expose_headers = {"Link"};
    out.credentials = credentials;
    out.max_age = conf::duration{600'000};
    return out;
}

conf::cors_options anybody()
{
    conf::cors_options out;
    out.any_origin = true;
    return out;
}

struct asked
{
    explicit asked(const std::string& fields, const std::string& method = "OPTIONS",
                   const std::string& to = "/a")
        : request(method + " " + to + " HTTP/1.1\r\nHost: api.test\r\n" + fields + "\r\n")
        , facts(*check_request(request.get()))
    {}

    bool is_preflight() const { return preflight_method(request.get(), facts).has_value(); }
    std::string preflight(const conf::cors_options& by) const
    {
        std::string out;
        append_preflight_answer(out, by, request.get(), facts,
                                {.keep_alive = true, .date_line = "Date: x\r\n"});
        return out;
    }
    std::string lines(const conf::cors_options& by) const { return cors_lines(by, request.get(), facts); }

    test::parsed_request request;
    request_facts facts;
};

const std::string put = "Origin: https://app.test\r\nAccess-Control-Request-Method: PUT\r\n";
const std::string vary = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n";
const std::string end = "Connection: keep-alive\r\nDate: x\r\n\r\n";

} // namespace

TEST_SUITE_BEGIN("cors");

TEST_CASE("a preflight is an OPTIONS with an Origin and the method of what it asks for (Fetch 3.2.2)")
{
    CHECK(preflight_method(asked(put).request.get(), asked(put).facts) == "PUT");
    CHECK_FALSE(asked(put, "GET").is_preflight());
    CHECK_FALSE(asked(put, "OPTIONS", "*").is_preflight());
    CHECK_FALSE(asked("Origin: https://app.test\r\n").is_preflight());
    CHECK_FALSE(asked("Access-Control-Request-Method: PUT\r\n").is_preflight());
    CHECK_FALSE(asked("Origin: https://app.test\r\nAccess-Control-Request-Method: a b\r\n").is_preflight());
}

TEST_CASE("a preflight is told what the route lets pages do")
{
    CHECK(asked(put).preflight(rules()) == "HTTP/1.1 204 No Content\r\n"
                                           "Access-Control-Allow-Origin: https://app.test\r\n"
                                           "Access-Control-Allow-Methods: GET, PUT\r\n"
                                           "Access-Control-Allow-Headers: Authorization, X-Tenant\r\n"
                                           "Access-Control-Max-Age: 600\r\n" +
                                               vary + end);
    CHECK(asked(put).preflight(rules(true)).find("\r\nAccess-Control-Allow-Credentials: true\r\n") !=
          std::string::npos);
    CHECK(asked(put).preflight(anybody()) == "HTTP/1.1 204 No Content\r\n"
                                             "Access-Control-Allow-Origin: *\r\n"
                                             "Access-Control-Allow-Methods: GET, HEAD, POST\r\n" +
                                                 vary + end);
}

TEST_CASE("where anything may be asked for, what is asked for is repeated as far as it is tokens")
{
    conf::cors_options all = rules(true);
    all.methods = all.headers = {"*"};
    const std::string answer = asked(put + "Access-Control-Request-Headers: x-a, authorization\r\n"
                                           "Access-Control-Request-Headers: b c,x-d\r\n")
                                   .preflight(all);
    CHECK(answer.find("\r\nAccess-Control-Allow-Methods: PUT\r\n") != std::string::npos);
    CHECK(answer.find("\r\nAccess-Control-Allow-Headers: x-a, authorization, x-d\r\n") != std::string::npos);
}

TEST_CASE("an origin that is not allowed is told nothing, and refused nothing")
{
    for (const char* origin : {"https://evil.test", "http://app.test", "null", "https://app.test:8443",
                               "https://app.test.evil.test", "https://apps.test"})
    {
        const std::string field = "Origin: " + std::string(origin) + "\r\n";
        CAPTURE(origin);
        CHECK(asked(field + "Access-Control-Request-Method: PUT\r\n").preflight(rules(true)) ==
              "HTTP/1.1 204 No Content\r\n" + vary + end);
        CHECK(asked(field, "GET").lines(rules(true)) == "Vary: Origin\r\n");
    }
    const std::string two = "Origin: https://app.test\r\nOrigin: https://evil.test\r\n";
    CHECK(asked(two, "GET").lines(rules()) == "Vary: Origin\r\n");
}

TEST_CASE("other answers say who may read them, and that others get other fields")
{
    CHECK(asked("Origin: https://x.apps.test\r\n", "GET").lines(rules(true)) ==
          "Access-Control-Allow-Origin: https://x.apps.test\r\n"
          "Access-Control-Allow-Credentials: true\r\n"
          "Access-Control-Expose-Headers: Link\r\n"
          "Vary: Origin\r\n");
    CHECK(asked("", "GET").lines(rules()) == "Vary: Origin\r\n"); // a cache must not give this to a page
    CHECK(asked("Origin: null\r\n", "GET").lines(anybody()) == "Access-Control-Allow-Origin: *\r\n");
    const asked one("Origin: https://app.test\r\n", "GET");
    CHECK(cors_lines(rules(), one.request.get(), one.facts, true).find("Vary") == std::string::npos);
}

TEST_CASE("what a backend says of the same is known")
{
    CHECK(is_cors_field("access-control-allow-ORIGIN"));
    CHECK(is_cors_field("Access-Control-Expose-Headers"));
    CHECK_FALSE(is_cors_field("Access-Control-Request-Method"));
    CHECK_FALSE(is_cors_field("Vary"));
    const auto varies = [](const std::string& fields) {
        return varies_by_origin(test::parsed_response("HTTP/1.1 200 OK\r\n" + fields + "\r\n").get());
    };
    CHECK(varies("Vary: Accept-Encoding\r\nVary: Accept, origin\r\n"));
    CHECK(varies("Vary: *\r\n"));
    CHECK_FALSE(varies("Vary: X-Origin\r\n"));
    CHECK_FALSE(varies(""));
}

TEST_SUITE_END();

} // namespace fairlead::http
