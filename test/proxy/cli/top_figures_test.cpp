#include "proxy/cli/top_figures.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead::cli;

namespace {

top_figures reading(double at_s, int messages, int bytes, int refused)
{
    const std::string moved = R"("messages":{"to_backend":0,"to_client":)" + std::to_string(messages) +
                              R"(},"bytes":{"to_backend":)" + std::to_string(bytes) + R"(,"to_client":0})";
    const std::string requests = R"("requests":)" + std::to_string(messages + 9) +
                                 R"(,"requests_by_class":{"1xx":9,"5xx":)" + std::to_string(messages) + "}";
    const std::string status = R"({"version":"1.2","lifecycle":"ready","configuration":{"generation":3},
        "process":{"cpu_seconds":1,"resident_bytes":2048,"descriptors_open":10,"descriptors_limit":40},
        "totals":{"tunnels_active":5,"refusals":{"no_route":)" +
                               std::to_string(refused) + R"(,"origin":1},)" + moved + "," + requests + R"(},
        "routes":[{"route":"chat","tunnels_active":5,"tunnels_opened":5,)" +
                               moved + R"(},
                  {"route":"api",)" +
                               requests + R"(},{"route":"quiet"}],
        "backends":[{"pool":"app","backend":"a:1","state":"up","active":2,)" +
                               moved + R"(},
                    {"pool":"app","backend":"b:1","state":"down"}],
        "sources":[{"used_ratio":0.25},{"used_ratio":0.5}]})";
    return read_figures(boost::json::parse(status).as_object(), at_s);
}

double value(const top_table& of, const std::string& row, const char* column)
{
    const std::size_t id = of.find("id") < of.columns.size() ? of.find("id") : 0;
    for (const auto& each : of.rows) {
        if (each[id].text == row) return each.at(of.find(column)).value;
    }
    return -1;
}

} // namespace

TEST_CASE("counts are those of now, rates lie between two readings")
{
    const auto before = reading(10, 100, 1'000, 0);
    const auto now = reading(12, 120, 5'000, 1);
    const auto routes = route_rows(before, now);
    CHECK(value(routes, "chat", "tunnels") == 5);
    CHECK(value(routes, "chat", "messages/s") == 10);
    CHECK(value(routes, "chat", "bytes/s") == 2'000);
    CHECK(value(routes, "api", "5xx/s") == 10);
    CHECK(value(routes, "api", "requests/s") == 10); // an upgrade is none
    CHECK(value(routes, "quiet", "tunnels") == 0);
    const auto backends = backend_rows(before, now);
    CHECK(value(backends, "app/a:1", "messages/s") == 10);
    CHECK(value(backends, "app/b:1", "messages/s") == 0);
    CHECK(value(backends, "app/a:1", "active") == 2);
    CHECK(backends.rows[1][backends.find("state")].text == "down");
}

TEST_CASE("a counter that fell, or two readings at once, have no rate")
{
    const auto more = reading(10, 120, 5'000, 1);
    const auto fewer = reading(12, 100, 1'000, 0);
    CHECK(value(route_rows(more, fewer), "chat", "messages/s") == 0);
    CHECK(value(route_rows(more, more), "chat", "messages/s") == 0);
}

TEST_CASE("two lines say who that is, and how it is as a whole")
{
    const auto before = reading(10, 100, 1'000, 0);
    const auto now = reading(12, 120, 5'000, 1);
    CHECK(title_line(now, "127.0.0.1:9900") == "fairlead 1.2 at 127.0.0.1:9900: ready, generation 3");
    CHECK(total_line(before, now) ==
          "5 tunnels, 10.0 messages/s, 2.0 KiB/s, 10.0 requests/s, 0.5 refused/s; CPU 0 %, memory 2.0 KiB, "
          "descriptors 25.0 %, fullest source 50.0 %");
}

TEST_CASE("connections have rates by their ids; one that is new has none yet")
{
    const auto listed = [](double at, const char* json) {
        top_figures out;
        out.at_s = at;
        out.connections = boost::json::parse(json).as_object();
        return out;
    };
    const auto before = listed(0, R"({"connections":[{"id":"a","client":{"messages":1,"bytes":10}}]})");
    const auto now = listed(2, R"({"connections":[
        {"id":"a","route":"chat","pool":"app","age":7,"client":{"address":"1.2.3.4:5","messages":5,"bytes":30,
         "tcp_round_trip_us":1500},"backend":{"address":"b:1","messages":2,"bytes":10}},
        {"id":"n","client":{"messages":9,"bytes":9}}]})");
    const auto table = connection_rows(before, now);
    CHECK(value(table, "a", "messages/s") == 3);
    CHECK(value(table, "a", "bytes/s") == 15);
    CHECK(value(table, "a", "rtt ms") == 1.5);
    CHECK(table.rows[0][table.find("backend")].text == "app/b:1");
    CHECK(value(table, "n", "messages/s") == 0);
}
