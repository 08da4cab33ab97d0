#include "proxy/cli/explain_text.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead;

namespace {

std::string text_of(const char* document)
{
    return cli::explain_text(boost::json::parse(document).as_object());
}

} // namespace

TEST_CASE("a request that is forwarded")
{
    const std::string text = text_of(R"({"listener":{"address":"0.0.0.0:443","tls":true},
        "route":{"name":"chat","where":"f.toml:7","draining":false,
                 "conditions":[{"condition":"path below /a/"}]},
        "gates":[{"gate":"allow","passes":false,"text":"addresses"},
                 {"gate":"jwt","passes":null,"text":"a token"}],
        "forward":{"pool":"p","balance":"round-robin","head":["GET /a HTTP/1.1"],
            "sticky":{"by":"cookie","backend":null},
            "backends":[{"backend":"a:1","state":"up","weight":2,"active":3,"may_be_chosen":true},
                        {"backend":"b:1","state":"down","weight":1,"active":0,"may_be_chosen":false}]},
        "others":[{"name":"rest","where":"f.toml:9","holds":true,"behind":"its path is longer","failed":[]},
                  {"name":"api","where":"f.toml:11","holds":false,
                   "failed":[{"condition":"host x","seen":""}]}]})");
    CHECK(
        text.starts_with("listener  0.0.0.0:443, TLS\nroute     chat   f.toml:7\n            path below /a/\n"
                         "gates     allow refused: addresses\n          jwt asked: a token\n"
                         "pool      p, round-robin\nsticky    by cookie: it carries none\n"
                         "sends     GET /a HTTP/1.1\n"));
    CHECK(text.find("is not chosen now\n") != text.npos);
    CHECK(text.find("matches too; the one above is asked first: its path is longer\n") != text.npos);
    CHECK(text.find("not so: host x; the request has none\n") != text.npos);
}

TEST_CASE("a request that goes nowhere")
{
    const std::string text = text_of(R"({"listener":null,"note":"no listener has port 80","route":null,
        "refused":{"status":404,"reason":"no route serves this host and path"},"others":[]})");
    CHECK(text == "listener  none: no listener has port 80\n"
                  "refused   404: no route serves this host and path\n");
}

TEST_CASE("what the proxy answers itself")
{
    const std::string text = text_of(R"({"listener":null,"answer":{"status":308,"location":"https://a/"},
        "route":{"name":"r","where":"f:1","conditions":[]}})");
    CHECK(text.find("it takes any request\n") != text.npos);
    CHECK(text.find("answer    308 by the proxy itself, to https://a/\n") != text.npos);
}
