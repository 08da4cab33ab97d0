#include "metrics/exposition.hpp"

#include <doctest/doctest.h>

#include <prometheus/registry.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <vector>

namespace fairlead::metrics {
namespace {

constexpr std::array<double, 2> bounds{0.5, 2};
constexpr std::array<std::uint64_t, 3> buckets{1, 0, 3};

std::string text_of(exposition_format format)
{
    exposition out(format);
    out.add(metric::tls_handshake_seconds, {"client"}, {bounds, buckets, 7.25});
    out.add(metric::accept_pauses, {}, 2);
    out.add(metric::build_info, {"1.0", "GCC", "3.0"}, 1);
    out.add(metric::route_connections, {"b"}, 4);
    out.add(metric::route_connections, {"a"}, 5);
    return out.take();
}

std::vector<std::string> sorted_lines(const std::string& text)
{
    std::vector<std::string> out;
    std::istringstream rest{text};
    for (std::string line; std::getline(rest, line);)
        out.push_back(line);
    std::ranges::sort(out);
    return out;
}

std::string help_of(metric id) { return std::string{known_metrics()[static_cast<std::size_t>(id)].help}; }

} // namespace

TEST_CASE("text 0.0.4: families in the table's order, samples as they came, buckets cumulative")
{
    CHECK(text_of(exposition_format::text) ==
          "# HELP fairlead_route_connections " + help_of(metric::route_connections) +
              "\n# TYPE fairlead_route_connections gauge\n"
              "fairlead_route_connections{route=\"b\"} 4\n"
              "fairlead_route_connections{route=\"a\"} 5\n"
              "# HELP fairlead_accept_pauses_total " +
              help_of(metric::accept_pauses) +
              "\n# TYPE fairlead_accept_pauses_total counter\n"
              "fairlead_accept_pauses_total 2\n"
              "# HELP fairlead_tls_handshake_seconds " +
              help_of(metric::tls_handshake_seconds) +
              "\n# TYPE fairlead_tls_handshake_seconds histogram\n"
              "fairlead_tls_handshake_seconds_bucket{peer=\"client\",le=\"0.5\"} 1\n"
              "fairlead_tls_handshake_seconds_bucket{peer=\"client\",le=\"2.0\"} 1\n"
              "fairlead_tls_handshake_seconds_bucket{peer=\"client\",le=\"+Inf\"} 4\n"
              "fairlead_tls_handshake_seconds_sum{peer=\"client\"} 7.25\n"
              "fairlead_tls_handshake_seconds_count{peer=\"client\"} 4\n"
              "# HELP fairlead_build_info " +
              help_of(metric::build_info) +
              "\n# TYPE fairlead_build_info gauge\n"
              "fairlead_build_info{version=\"1.0\",compiler=\"GCC\",openssl=\"3.0\"} 1\n");
}

TEST_CASE("OpenMetrics 1.0.0: families named without _total and _info, units told, EOF at the end")
{
    const std::string text = text_of(exposition_format::openmetrics);
    CHECK(text.find("# TYPE fairlead_accept_pauses counter\nfairlead_accept_pauses_total 2\n") != text.npos);
    CHECK(text.find("# TYPE fairlead_build info\nfairlead_build_info{") != text.npos);
    CHECK(text.find("# UNIT fairlead_tls_handshake_seconds seconds\n") != text.npos);
    CHECK(text.find("# UNIT fairlead_route_connections") == text.npos); // its name does not end with a unit
    CHECK(text.ends_with("\n# EOF\n"));
    CHECK(text.find("# EOF") == text.rfind("# EOF"));
}

TEST_CASE("labels that were rendered once serve metrics that have them, and one that has another behind them")
{
    exposition out(exposition_format::text);
    const std::string same = exposition::render(metric::connection_age, {"i", "r", "p", "b", "c\""});
    out.add(metric::connection_age, same, {}, 2.5);
    out.add(metric::connection_bytes, same, "to_client", 7);
    const std::string text = out.take();
    const std::string labels = R"({id="i",route="r",pool="p",backend="b",client="c\"")";
    CHECK(text.find("fairlead_connection_age_seconds" + labels + "} 2.5\n") != text.npos);
    CHECK(text.find("fairlead_connection_bytes_total" + labels + ",direction=\"to_client\"} 7\n") !=
          text.npos);
}

TEST_CASE(
    "labels are rendered anew as far as they differ from those before, also in a buffer that is used again")
{
    exposition out(exposition_format::text);
    std::string value = "first";
    out.add(metric::backend_weight, {"p", value}, 1);
    value = "other"; // of the same length, at the same place
    out.add(metric::backend_weight, {"p", value}, 2);
    out.add(metric::pool_panic, {"p"}, 0);
    out.add(metric::backend_weight, {"q", value}, 3);
    out.add(metric::route_connections, {"q"}, 4); // the same value of another name
    const std::string text = out.take();
    CHECK(text.find("fairlead_backend_weight{pool=\"p\",backend=\"first\"} 1\n"
                    "fairlead_backend_weight{pool=\"p\",backend=\"other\"} 2\n"
                    "fairlead_backend_weight{pool=\"q\",backend=\"other\"} 3\n") != text.npos);
    CHECK(text.find("fairlead_pool_panic{pool=\"p\"} 0\n") != text.npos);
    CHECK(text.find("fairlead_route_connections{route=\"q\"} 4\n") != text.npos);
}

TEST_CASE("what is taken is gone, and an empty exposition is only its end")
{
    exposition out(exposition_format::openmetrics);
    out.add(metric::accept_pauses, {}, 2);
    CHECK(out.take().size() > 10);
    CHECK(out.take() == "# EOF\n");
    CHECK(exposition(exposition_format::text).take().empty());
}

TEST_CASE("families of prometheus-cpp are written as its own serializer writes them")
{
    prometheus::Registry registry;
    const auto named = [](auto builder, metric id) {
        const metric_row& row = known_metrics()[static_cast<std::size_t>(id)];
        return builder.Name(std::string{row.name}).Help(std::string{row.help});
    };
    // With bounds that both write alike.
    named(prometheus::BuildGauge(), metric::route_connections)
        .Register(registry)
        .Add({{"route", "a\"b\\c\nd"}})
        .Set(-2.5);
    named(prometheus::BuildCounter(), metric::accept_pauses).Register(registry).Add({}).Increment(1'000'000);
    auto& times = named(prometheus::BuildHistogram(), metric::tls_handshake_seconds)
                      .Register(registry)
                      .Add({{"peer", "client"}}, prometheus::Histogram::BucketBoundaries{0.5, 2.5});
    times.Observe(1);
    times.Observe(9);

    const auto families = registry.Collect();
    exposition out(exposition_format::text);
    for (const prometheus::MetricFamily& each : families)
        out.add(each);
    // It orders families and the lines of a histogram in its own way.
    CHECK(sorted_lines(out.take()) == sorted_lines(prometheus::TextSerializer().Serialize(families)));
}

} // namespace fairlead::metrics
