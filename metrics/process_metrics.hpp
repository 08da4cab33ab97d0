// What there is once in a process, in a registry of prometheus-cpp: its build, its life, what the operating
// system says of it, and how long scrapes take.
//
// Safe from any thread. What cannot be read is left out. Names and help come from the metric table.
#pragma once

#include "metrics/exposition_format.hpp"
#include "metrics/metric_table.hpp"
#include "metrics/registry.hpp"

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

namespace fairlead::metrics {

class process_metrics
{
public:
    explicit process_metrics(const build_facts& build);
    process_metrics(const process_metrics&) = delete;
    process_metrics& operator=(const process_metrics&) = delete;

    void scraped(exposition_format format, std::chrono::nanoseconds took);

    std::vector<prometheus::MetricFamily> collect(const lifecycle& life);

private:
    void set(metric id, std::optional<double> value, const prometheus::Labels& labels = {});

    std::mutex mutex_;
    prometheus::Registry registry_;
};

} // namespace fairlead::metrics
