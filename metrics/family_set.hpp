// One scrape being put together: samples sorted into the families of the metric table.
//
// A sample names its metric and gives its label values in the table's order; names, types and help come from
// the table alone. Built and used up by one thread.
#pragma once

#include "metrics/metric_table.hpp"

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead::metrics {

// A histogram summed over workers: what each bucket holds alone, the one above the last bound included.
struct histogram_sample
{
    std::span<const double> bounds_s;
    std::span<const std::uint64_t> buckets; // bounds_s.size() + 1
    double sum_s = 0;
};

class family_set
{
public:
    using label_values = std::initializer_list<std::string_view>;

    family_set();

    // For a counter or a gauge. The number of label values must be the table's (asserted).
    void add(metric id, label_values labels, double value);
    void add(metric id, label_values labels, const histogram_sample& sample);

    // The families that got a sample, in the table's order. Leaves this empty.
    std::vector<prometheus::MetricFamily> take();

private:
    prometheus::ClientMetric& append(metric id, label_values labels);

    std::vector<prometheus::MetricFamily> families_;
};

} // namespace fairlead::metrics
