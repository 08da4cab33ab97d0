#include "proxy/http/exchange_texts.hpp"

#include <doctest/doctest.h>

using namespace fairlead;

TEST_CASE("texts come back empty, with the memory they had")
{
    auto texts = http::lend_texts();
    texts->request_head.assign(5000, 'x');
    texts->response_out = "HTTP/1.1 200 OK";
    const auto* const where = texts->request_head.data();
    texts.reset();

    const auto again = http::lend_texts();
    CHECK(again->request_head.empty());
    CHECK(again->response_out.empty());
    CHECK(again->request_head.data() == where);
}

TEST_CASE("texts that grew large are not kept")
{
    auto texts = http::lend_texts();
    texts->response_out.assign(100'000, 'x');
    texts.reset();
    CHECK(http::lend_texts()->response_out.capacity() < 100'000);
}

TEST_CASE("two exchanges have texts of their own")
{
    const auto one = http::lend_texts();
    const auto other = http::lend_texts();
    CHECK(one.get() != other.get());
}
