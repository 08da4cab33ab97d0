#include "metrics/process_metrics.hpp"

#include "metrics/exposition.hpp"
#include "test/metrics/exposition_samples.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;

namespace fairlead::metrics {
namespace {

exposition_samples samples_of(process_metrics& all, const lifecycle& life = {})
{
    exposition out(exposition_format::text);
    for (const prometheus::MetricFamily& each : all.collect(life))
        out.add(each);
    return exposition_samples{out.take()};
}

} // namespace

TEST_CASE("scrapes are counted by their format, with the time they took")
{
    process_metrics all({"1", "3"});
    CHECK(!samples_of(all).has("fairlead_scrape_seconds_count"));
    all.scraped(exposition_format::text, 3ms);
    all.scraped(exposition_format::openmetrics, 700us);
    all.scraped(exposition_format::openmetrics, 2s);
    const exposition_samples text = samples_of(all);
    CHECK(text[R"(fairlead_scrapes_total{format="text"})"] == 1);
    CHECK(text[R"(fairlead_scrapes_total{format="openmetrics"})"] == 2);
    CHECK(text[R"(fairlead_scrape_seconds_bucket{le="0.001"})"] == 1);
    CHECK(text[R"(fairlead_scrape_seconds_bucket{le="0.005"})"] == 2);
    CHECK(text[R"(fairlead_scrape_seconds_bucket{le="+Inf"})"] == 3);
}

TEST_CASE("the life of the process is told as it is now, its CPU time as a counter that does not go back")
{
    process_metrics all({"1", "3"});
    lifecycle life;
    life.config_generation = 1;
    const exposition_samples first = samples_of(all, life);
    life.config_generation = 2;
    life.ready = true;
    const exposition_samples second = samples_of(all, life);
    CHECK(first["fairlead_config_generation"] == 1);
    CHECK(second["fairlead_config_generation"] == 2);
    CHECK(first["fairlead_ready"] == 0);
    CHECK(second["fairlead_ready"] == 1);
    CHECK(second["process_cpu_seconds_total"] >= first["process_cpu_seconds_total"]);
    CHECK(second["process_start_time_seconds"] == first["process_start_time_seconds"]);
}

} // namespace fairlead::metrics
