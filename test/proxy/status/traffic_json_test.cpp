#include "proxy/status/traffic_json.hpp"

#include <boost/json/serialize.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using namespace fairlead::status;

namespace {

template <class Total>
std::string text(const Total& of)
{
    boost::json::object out;
    put(out, of);
    return boost::json::serialize(out);
}

} // namespace

TEST_CASE("what did not happen is left out, what always has a number is told")
{
    CHECK(text(tunnel_total{}) == R"({"tunnels_active":0,"tunnels_opened":0,"tunnels_closed":0,)"
                                  R"("closed_by":{},"close_codes":{},)"
                                  R"("messages":{"to_backend":0,"to_client":0},)"
                                  R"("bytes":{"to_backend":0,"to_client":0}})");
    CHECK(text(request_total{}) ==
          R"({"requests":0,"requests_by_class":{},"body_bytes":{"to_backend":0,"to_client":0}})");
    CHECK(text(dial_total{}) == R"({"dials":0,"reused":0,"dial_failures":{}})");
}

TEST_CASE("histograms are cumulative, and their last number is the count")
{
    request_total of;
    of.latency.buckets[0] = 2;
    of.latency.buckets[2] = 1;
    of.latency.buckets.back() = 1;
    of.latency.sum_us = 90'000'000;
    boost::json::object out;
    put(out, of);
    const auto& told = out.at("request_seconds").as_object();
    CHECK(told.at("count").to_number<int>() == 4);
    CHECK(told.at("sum").as_double() == doctest::Approx(90));
    const auto& numbers = told.at("cumulative").as_array();
    CHECK(numbers.size() == describe_bounds().at("request_seconds").as_array().size() + 1);
    CHECK(numbers[1].to_number<int>() == 2);
    CHECK(numbers[2].to_number<int>() == 3);
    CHECK(numbers.back().to_number<int>() == 4);
}

TEST_CASE("closes are told by who and why, with the words of the metrics")
{
    tunnel_total of;
    of.opened = 3;
    of.closed[metrics::party::proxy][metrics::end_cause::idle] = 1;
    of.close_codes[metrics::party::client][metrics::close_code_slot::normal] = 2;
    boost::json::object out;
    put(out, of);
    CHECK(boost::json::serialize(out.at("closed_by")) == R"({"proxy":{"idle_timeout":1}})");
    CHECK(boost::json::serialize(out.at("close_codes")) == R"({"client":{"1000":2}})");
    CHECK(out.at("tunnels_active").to_number<int>() == 2);
}

TEST_CASE("bounds are in seconds")
{
    CHECK(describe_bounds().at("lifetime_seconds").as_array().back().as_double() == 7 * 86'400);
    CHECK(describe_bounds().at("handshake_seconds").as_array().front().as_double() == 0.001);
}
