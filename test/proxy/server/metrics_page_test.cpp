#include "proxy/server/metrics_page.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using metrics::exposition_format;
using server::format_for;

TEST_CASE("Prometheus gets OpenMetrics")
{
    CHECK(format_for(
              "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == exposition_format::openmetrics);
}

TEST_CASE("OpenMetrics is for who names it and does not prefer text (RFC 9110 12.5.1)")
{
    for (const char* accept :
         {"application/openmetrics-text", "Application/OpenMetrics-Text; Version=1.0.0",
          "application/openmetrics-text; version=\"1.0.0\"; charset=utf-8",
          "application/openmetrics-text;q=0.001", "text/plain, application/openmetrics-text",
          "*/*;q=1, application/openmetrics-text", "text/plain;q=0.4, application/openmetrics-text;q=0.5",
          "text/*;q=0.2, application/openmetrics-text;q=0.2"})
    {
        CAPTURE(accept);
        CHECK(format_for(accept) == exposition_format::openmetrics);
    }
}

TEST_CASE("everybody else gets text")
{
    for (const char* accept :
         {"", "*/*", "text/plain", "text/html, application/xhtml+xml, */*;q=0.8", "application/*",
          "application/openmetrics-text;q=0", "application/openmetrics-text;version=2.0.0",
          "application/openmetrics-text;version=0.0.1", "application/openmetrics-text;q=2",
          "text/plain, application/openmetrics-text;q=0.9", "*/*, application/openmetrics-text;q=0.5",
          "text/*;q=0.6, application/openmetrics-text;q=0.5", "application/openmetrics-textual", ";;,,;q=1"})
    {
        CAPTURE(accept);
        CHECK(format_for(accept) == exposition_format::text);
    }
}
