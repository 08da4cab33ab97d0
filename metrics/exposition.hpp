// The text of one scrape while it is put together, in Prometheus' text format 0.0.4 or in OpenMetrics 1.0.0.
//
// A sample names its metric and gives its label values in the table's order; names, types, units and help
// come from the table. Samples of many metrics may come in any order: each goes behind those of its own. What
// comes from prometheus-cpp is a family at a time. Nothing is kept as a structure in between: with 1,000
// routes that is most of a scrape's cost.
//
// Both formats show the same series: a bound of a bucket is written as a float ("1.0") in both, as
// OpenMetrics asks for and 0.0.4 allows. `_created` samples, which are optional, are not written. Built and
// used up by one thread.
// Source: github.com/prometheus/docs, exposition_formats.md; OpenMetrics 1.0.0.
#pragma once

#include "metrics/exposition_format.hpp"
#include "metrics/metric_table.hpp"

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
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

// The labels of a sample, as they stand between the braces.
class rendered_labels
{
public:
    // Good until the next call.
    const std::string& of(std::span<const std::string_view> names,
                          std::initializer_list<std::string_view> values);

private:
    struct label
    {
        std::string_view name;
        std::string value;
        std::size_t end = 0; // in the text
    };

    std::array<label, metric_row::max_labels> labels_;
    std::size_t count_ = 0;
    std::string text_;
};

class exposition
{
public:
    using label_values = std::initializer_list<std::string_view>;

    explicit exposition(exposition_format format);

    // For a counter or a gauge. The number of label values must be the table's (asserted).
    void add(metric id, label_values labels, double value);
    void add(metric id, label_values labels, const histogram_sample& sample);

    // The same for many metrics of the same labels, but for a last one that some have more.
    static std::string render(metric like, label_values labels);
    void add(metric id, const std::string& rendered, std::string_view last, double value);

    // One that the table has (asserted), of counters, gauges or histograms.
    void add(const prometheus::MetricFamily& family);

    // The families that got a sample, in the table's order. Leaves this empty.
    std::string take();

private:
    struct family
    {
        std::string samples;
        std::vector<std::string> bucket_ends; // `,le="0.001"} ` of each bound, made by the first histogram
    };

    family& of(metric id) noexcept { return families_[static_cast<std::size_t>(id)]; }
    void add_bucket(family& to, std::size_t which, std::uint64_t below);
    void put_head(std::string& out, const metric_row& row) const;

    exposition_format format_;
    std::vector<family> families_;
    rendered_labels labels_; // of the last sample
    std::string start_;      // of the lines of a histogram's buckets
};

} // namespace fairlead::metrics
