#include "metrics/exposition.hpp"

#include "metrics/sample_text.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

namespace fairlead::metrics {
namespace {

constexpr std::string_view total = "_total";
constexpr std::string_view info = "_info";
constexpr std::array<std::string_view, 3> base_units{"seconds", "bytes", "ratio"};

const metric_row& row_of(metric id) { return known_metrics()[static_cast<std::size_t>(id)]; }

void put_label(std::string& out, std::string_view name, std::string_view value)
{
    if (!out.empty()) out.push_back(',');
    out.append(name).append("=\"");
    append_label_value(out, value);
    out.push_back('"');
}

std::string labels_of(const prometheus::ClientMetric& sample)
{
    std::string out;
    for (const prometheus::ClientMetric::Label& each : sample.label)
        put_label(out, each.name, each.value);
    return out;
}

void put_line(std::string& out, std::string_view name, std::string_view suffix, std::string_view labels,
              double value)
{
    out.append(name).append(suffix);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out.push_back(' ');
    append_number(out, value);
    out.push_back('\n');
}

void put_histogram(std::string& out, std::string_view name, const prometheus::ClientMetric& sample)
{
    const std::string labels = labels_of(sample);
    const auto put_bucket = [&](double bound, std::uint64_t below) {
        std::string with_bound = labels;
        with_bound.append(labels.empty() ? "le=\"" : ",le=\"");
        append_bound(with_bound, bound);
        with_bound.push_back('"');
        put_line(out, name, "_bucket", with_bound, static_cast<double>(below));
    };
    const prometheus::ClientMetric::Histogram& of = sample.histogram;
    for (const prometheus::ClientMetric::Bucket& each : of.bucket)
        put_bucket(each.upper_bound, each.cumulative_count);
    // Some collectables bring the last bucket themselves.
    constexpr double all = std::numeric_limits<double>::infinity();
    if (of.bucket.empty() || of.bucket.back().upper_bound != all) put_bucket(all, of.sample_count);
    put_line(out, name, "_sum", labels, of.sample_sum);
    put_line(out, name, "_count", labels, static_cast<double>(of.sample_count));
}

// OpenMetrics names a family without what its samples' names end with.
std::string_view family_name(const metric_row& row) noexcept
{
    const std::string_view end = row.type == metric_type::counter ? total
                                 : row.name.ends_with(info)       ? info
                                                                  : std::string_view{};
    return row.name.substr(0, row.name.size() - end.size());
}

} // namespace

// What is the same as in the sample before is not rendered again: most have labels of a route and backend.
const std::string& rendered_labels::of(std::span<const std::string_view> names,
                                       std::initializer_list<std::string_view> values)
{
    assert(names.size() == values.size());
    std::size_t same = 0;
    const auto* value = values.begin();
    for (; same < names.size() && same < count_; ++same, ++value) {
        const label& known = labels_[same];
        if (known.name.data() != names[same].data() || known.value != *value) break;
    }
    text_.resize(same == 0 ? 0 : labels_[same - 1].end);
    for (std::size_t i = same; i < names.size(); ++i, ++value) {
        put_label(text_, names[i], *value);
        labels_[i].name = names[i];
        labels_[i].value.assign(*value);
        labels_[i].end = text_.size();
    }
    count_ = names.size();
    return text_;
}

exposition::exposition(exposition_format format)
    : format_{format}
    , families_(known_metrics().size())
{}

void exposition::add(metric id, label_values labels, double value)
{
    const metric_row& row = row_of(id);
    std::string& out = of(id).samples;
    out.append(row.name);
    if (labels.size() != 0) out.append("{").append(labels_.of(row.label_names(), labels)).append("}");
    out.push_back(' ');
    append_number(out, value);
    out.push_back('\n');
}

void exposition::add(metric id, label_values labels, const histogram_sample& sample)
{
    assert(sample.buckets.size() == sample.bounds_s.size() + 1);
    const metric_row& row = row_of(id);
    family& to = of(id);
    const std::string& rendered = labels_.of(row.label_names(), labels);
    if (to.bucket_ends.empty()) {
        for (const double bound : sample.bounds_s) {
            std::string& end = to.bucket_ends.emplace_back(rendered.empty() ? "le=\"" : ",le=\"");
            append_bound(end, bound);
            end.append("\"} ");
        }
        to.bucket_ends.emplace_back(rendered.empty() ? "le=\"+Inf\"} " : ",le=\"+Inf\"} ");
    }
    start_.assign(row.name).append("_bucket{").append(rendered);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
        below += sample.buckets[i];
        add_bucket(to, i, below);
    }
    put_line(to.samples, row.name, "_sum", rendered, sample.sum_s);
    put_line(to.samples, row.name, "_count", rendered, static_cast<double>(below));
}

std::string exposition::render(metric like, label_values labels)
{
    return rendered_labels().of(row_of(like).label_names().first(labels.size()), labels);
}

void exposition::add(metric id, const std::string& rendered, std::string_view last, double value)
{
    const metric_row& row = row_of(id);
    std::string& out = of(id).samples;
    out.append(row.name).append("{").append(rendered);
    if (!last.empty()) {
        out.append(",").append(row.label_names().back()).append("=\"");
        append_label_value(out, last);
        out.push_back('"');
    }
    out.append("} ");
    append_number(out, value);
    out.push_back('\n');
}

void exposition::add_bucket(family& to, std::size_t which, std::uint64_t below)
{
    to.samples.append(start_).append(to.bucket_ends[which]);
    append_number(to.samples, static_cast<double>(below));
    to.samples.push_back('\n');
}

void exposition::add(const prometheus::MetricFamily& from)
{
    const auto row = std::ranges::find(known_metrics(), std::string_view{from.name}, &metric_row::name);
    assert(row != known_metrics().end());
    std::string& out = of(row->id).samples;
    for (const prometheus::ClientMetric& each : from.metric) {
        if (from.type == prometheus::MetricType::Histogram)
            put_histogram(out, row->name, each);
        else
            put_line(out, row->name, {}, labels_of(each),
                     from.type == prometheus::MetricType::Counter ? each.counter.value : each.gauge.value);
    }
}

std::string exposition::take()
{
    constexpr std::size_t head_bytes = 256; // of a family, about
    std::size_t size = 0;
    for (const family& each : families_)
        size += each.samples.empty() ? 0 : each.samples.size() + head_bytes;
    std::string out;
    out.reserve(size);
    for (const metric_row& row : known_metrics()) {
        family& each = of(row.id);
        if (each.samples.empty()) continue;
        put_head(out, row);
        out.append(each.samples);
        each = {};
    }
    if (format_ == exposition_format::openmetrics) out.append("# EOF\n");
    return out;
}

void exposition::put_head(std::string& out, const metric_row& row) const
{
    const bool is_open = format_ == exposition_format::openmetrics;
    const std::string_view name = is_open ? family_name(row) : row.name;
    const bool is_info = is_open && name.size() != row.name.size() && row.type != metric_type::counter;
    out.append("# HELP ").append(name).append(" ");
    append_help(out, row.help, is_open);
    out.append("\n# TYPE ").append(name).append(" ").append(is_info ? "info" : to_string(row.type));
    out.push_back('\n');
    const bool has_unit =
        std::ranges::find(base_units, row.unit) != base_units.end() && name.ends_with(row.unit);
    if (is_open && has_unit) out.append("# UNIT ").append(name).append(" ").append(row.unit).append("\n");
}

} // namespace fairlead::metrics
