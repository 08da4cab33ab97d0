#include "metrics/family_set.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fairlead::metrics {
namespace {

prometheus::MetricType type_of(metric_type type)
{
    switch (type) {
    case metric_type::counter: return prometheus::MetricType::Counter;
    case metric_type::gauge: return prometheus::MetricType::Gauge;
    case metric_type::histogram: return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

} // namespace

family_set::family_set()
{
    families_.reserve(known_metrics().size());
    for (const metric_row& row : known_metrics()) {
        families_.push_back({std::string{row.name}, std::string{row.help}, type_of(row.type), {}});
    }
}

void family_set::add(metric id, label_values labels, double value)
{
    prometheus::ClientMetric& sample = append(id, labels);
    if (known_metrics()[static_cast<std::size_t>(id)].type == metric_type::counter)
        sample.counter.value = value;
    else
        sample.gauge.value = value;
}

void family_set::add(metric id, label_values labels, const histogram_sample& sample)
{
    assert(sample.buckets.size() == sample.bounds_s.size() + 1);
    prometheus::ClientMetric::Histogram& out = append(id, labels).histogram;
    out.bucket.reserve(sample.bounds_s.size());
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sample.bounds_s.size(); ++i) {
        below += sample.buckets[i];
        out.bucket.push_back({below, sample.bounds_s[i]});
    }
    // The serializer writes the +Inf bucket itself, from the count.
    out.sample_count = below + sample.buckets.back();
    out.sample_sum = sample.sum_s;
}

std::vector<prometheus::MetricFamily> family_set::take()
{
    std::erase_if(families_, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
    return std::exchange(families_, {});
}

prometheus::ClientMetric& family_set::append(metric id, label_values labels)
{
    const auto names = known_metrics()[static_cast<std::size_t>(id)].label_names();
    assert(names.size() == labels.size());
    prometheus::ClientMetric& sample = families_[static_cast<std::size_t>(id)].metric.emplace_back();
    sample.label.reserve(labels.size());
    auto value = labels.begin();
    for (const std::string_view name : names)
        sample.label.push_back({std::string{name}, std::string{*value++}});
    return sample;
}

} // namespace fairlead::metrics
