// What an operator should look at now, as sentences, the most urgent first.
//
// The limits are those of deploy/prometheus/alerts.yml where both have one, without its waiting times: this
// tells a moment. At most `most_warnings` are told, and how many more there are. Pure: the time is passed in.
#pragma once

#include "metrics/process_stats.hpp"
#include "metrics/registry.hpp"
#include "proxy/status/source_fill.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace fairlead::status {

// A backend that is left alone, and why.
struct missing_backend
{
    std::string pool;
    std::string backend;
    std::string state;
    std::string reason;
};

struct pool_strength
{
    std::string pool;
    std::uint64_t backends = 0;
    std::uint64_t up = 0;
    bool panics = false;
};

struct warning_facts
{
    metrics::lifecycle life;
    metrics::process_stats process;
    std::vector<destination_fill> fills;
    std::vector<pool_strength> pools;
    std::vector<missing_backend> missing;
    std::vector<metrics::route_load> routes;
    std::vector<metrics::certificate_state> certificates;
    metrics::reconciliation_state reconciliation;
    metrics::memory_state memory = {};
};

constexpr std::size_t most_warnings = 50;
constexpr double nearly_full = 0.8;
constexpr double memory_nearly_full = 0.8; // new connections are refused from 7/8 on
constexpr double route_nearly_full = 0.9;
constexpr std::chrono::hours fills_soon{4};
constexpr std::chrono::hours expires_soon{14 * 24};

std::vector<std::string> warnings_of(const warning_facts& facts, std::chrono::system_clock::time_point now);

} // namespace fairlead::status
