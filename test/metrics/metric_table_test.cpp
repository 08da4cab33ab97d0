#include "metrics/metric_table.hpp"

#include "metrics/admin_samples.hpp"
#include "metrics/registry.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fairlead::metrics {
namespace {

struct documented_row
{
    std::string type, labels, unit, meaning;
};

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The rows of docs/metrics.md that begin with a metric's name in backquotes.
std::map<std::string, documented_row> documented_metrics()
{
    std::ifstream file{FAIRLEAD_SOURCE_DIR "/docs/metrics.md"};
    REQUIRE(file.is_open());
    std::map<std::string, documented_row> rows;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `")) continue;
        std::vector<std::string> cells;
        std::istringstream rest{line.substr(1)};
        for (std::string cell; std::getline(rest, cell, '|');)
            cells.push_back(trimmed(cell));
        CAPTURE(line);
        REQUIRE(cells.size() == 5);
        const std::string name = cells[0].substr(1, cells[0].size() - 2);
        CHECK(rows.emplace(name, documented_row{cells[1], cells[2], cells[3], cells[4]}).second);
    }
    return rows;
}

std::string joined(std::span<const std::string_view> labels)
{
    std::string text;
    for (const std::string_view each : labels)
        text.append(text.empty() ? "" : ", ").append(each);
    return text;
}

// One of everything, so that every family has a sample.
void fill(registry& all)
{
    worker_shard& shard = all.add_worker();
    tunnel_cells& tunnel = shard.tunnel("r", "p", "b");
    for (const auto sender : by<party, int>::keys())
        for (const auto code : by<close_code_slot, int>::keys())
            tunnel.close_codes[sender][code].add();
    for (const auto cause : by<end_cause, int>::keys())
        tunnel.closed[party::proxy][cause].add();
    tunnel.client_round_trip.observe(std::chrono::milliseconds{3});
    for (const auto reason : by<refusal, int>::keys())
        shard.own().refusals[reason].add();
    for (const auto version : by<proxy_protocol_version, int>::keys())
        shard.own().proxy_protocol_headers[version].add();
    for (const auto reason : by<proxy_protocol_fault, int>::keys())
        shard.own().proxy_protocol_refusals[reason].add();
    shard.tls(party::client);
    for (const auto reason : by<tls_fault, int>::keys())
        shard.tls(party::backend).failures[reason].add();
    all.set_certificates([] { return std::vector<certificate_state>{{"listener", "file"}}; });
    for (const auto reason : by<dial_failure, int>::keys())
        shard.backend("p", "b").dial_failures[reason].add();
    for (const auto cause : by<retry_cause, int>::keys())
        shard.backend("p", "b").retries[cause].add();
    for (const auto how : by<hedge_end, int>::keys())
        shard.backend("p", "b").hedges[how].add();
    http_cells& http = shard.http("r", "p");
    for (const auto result : by<password_result, int>::keys())
        http.passwords[result].add();
    for (const auto reason : by<compression_skip, int>::keys())
        http.compression.skipped[reason].add();
    http.compression.answers.add();
    all.set_source_usage([] { return std::vector<source_usage>{{"p", "s", "d", 1, 0, 2}}; });
    all.set_backend_states([] {
        auto checks = std::make_shared<check_cells>();
        checks->failures[check_failure::timeout].add();
        return std::vector<backend_state>{{"p", "b", backend_condition::up, 1, 1, 1, 0, 0, checks, 5, 0}};
    });
    all.set_discovery_states([] {
        return std::vector<discovery_state>{{"p", 1, std::chrono::system_clock::now(), {{"timeout", 1}}}};
    });
    all.set_pool_states([] {
        return std::vector<pool_state>{{"p", true, 0, std::make_shared<queue_cells>()}};
    });
    auto admin = std::make_shared<admin_cells>();
    admin->refusals[admin_refusal::host].add();
    all.set_admin(std::move(admin));
    all.set_accept_queues([] { return std::vector<accept_queue_state>{{"l", 0, 1, 2, 3}}; });
    all.set_name_failures([] { return std::uint64_t{1}; });
    all.set_memory([] {
        memory_state memory;
        memory.limit = 1;
        return memory;
    });
    all.set_route_loads([] { return std::vector<route_load>{{"r", 1, 2}}; });
    all.set_npath_states([] {
        npath_service_state service;
        service.service = "s";
        service.backends.push_back({});
        return std::vector<npath_service_state>{service};
    });
}

} // namespace

TEST_CASE("names follow Prometheus' rules: prefix, base units, _total on counters alone")
{
    const std::regex shape{"(fairlead|process)(_[a-z0-9]+)+"};
    const std::set<std::string> not_base{"milliseconds", "ms",    "us",      "minutes",  "hours", "days",
                                         "kilobytes",    "bits",  "percent", "msec",     "sec",   "kib",
                                         "mib",          "mb",    "counter", "gauge",    "count", "sum",
                                         "bucket",       "total", "summary", "histogram"};
    std::set<std::string_view> seen;
    for (const metric_row& row : known_metrics()) {
        std::string name{row.name};
        CAPTURE(name);
        CHECK(std::regex_match(name, shape));
        CHECK(seen.insert(row.name).second);
        CHECK(name.ends_with("_total") == (row.type == metric_type::counter));
        if (row.type == metric_type::counter) name.resize(name.size() - std::string_view{"_total"}.size());

        std::istringstream words{name};
        for (std::string word; std::getline(words, word, '_');)
            CHECK(!not_base.contains(word));
        for (const std::string unit : {"seconds", "bytes"})
            CHECK(name.ends_with("_" + unit) == (row.unit == unit));
        CHECK((row.type != metric_type::histogram || row.unit == "seconds"));
    }
}

TEST_CASE("every metric has help in one sentence, a unit, and labels from the known ones")
{
    const std::set<std::string_view> known{
        "route",   "pool",   "backend", "direction",   "kind",     "closed_by", "sent_by",
        "code",    "class",  "reason",  "destination", "source",   "version",   "compiler",
        "service", "cause",  "to",      "peer",        "start",    "used_by",   "certificate",
        "state",   "how",    "result",  "worker",      "listener", "openssl",   "format",
        "id",      "client", "log",     "cost",        "want",     "what"};
    for (const metric_row& row : known_metrics()) {
        CAPTURE(std::string{row.name});
        CHECK(row.help.ends_with('.'));
        CHECK(row.help.find('\n') == std::string_view::npos);
        CHECK(!row.unit.empty());
        const auto labels = row.label_names();
        for (const std::string_view each : labels)
            CHECK(known.contains(each));
        CHECK(std::set<std::string_view>(labels.begin(), labels.end()).size() == labels.size());
        CHECK(std::all_of(row.labels.begin() + static_cast<std::ptrdiff_t>(labels.size()), row.labels.end(),
                          [](std::string_view rest) { return rest.empty(); }));
    }
}

TEST_CASE("the exposition has every metric of the table, with its type and help, and no other")
{
    registry all{{"1.0", "3.0.1"}};
    fill(all);
    (void)all.expose(); // the next one tells of it
    const std::string text = all.expose();
    std::set<std::string> exposed;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# TYPE ")) CHECK(exposed.insert(line.substr(7)).second);
        if (line.starts_with("#")) continue;
        const std::string name = line.substr(0, line.find_first_of("{ "));
        CHECK(std::ranges::any_of(known_metrics(), [&](const metric_row& row) {
            if (row.type != metric_type::histogram) return name == row.name;
            const std::string base{row.name};
            return name == base + "_bucket" || name == base + "_sum" || name == base + "_count";
        }));
    }
    for (const metric_row& row : known_metrics()) {
        const std::string name{row.name};
        CAPTURE(name);
        if (is_of_connections(row.id)) continue;
        CHECK(exposed.erase(name + " " + std::string{to_string(row.type)}) == 1);
        CHECK(text.find("# HELP " + name + " " + std::string{row.help} + "\n") != std::string::npos);
    }
    CHECK(exposed.empty());
}

TEST_CASE("docs/metrics.md has a row for every metric and for no other")
{
    auto documented = documented_metrics();
    for (const metric_row& row : known_metrics()) {
        CAPTURE(std::string{row.name});
        const auto found = documented.find(std::string{row.name});
        REQUIRE(found != documented.end());
        CHECK(found->second.type == to_string(row.type));
        CHECK(found->second.labels == joined(row.label_names()));
        CHECK(found->second.unit == row.unit);
        CHECK(!found->second.meaning.empty());
        documented.erase(found);
    }
    for (const auto& [name, row] : documented)
        FAIL_CHECK("documented but not exposed: " << name);
}

} // namespace fairlead::metrics
