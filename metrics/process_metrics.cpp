#include "metrics/process_metrics.hpp"

#include "metrics/process_stats.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string>
#include <string_view>

namespace fairlead::metrics {
namespace {

#ifdef __clang__
constexpr const char* compiler = __VERSION__;
#else
constexpr const char* compiler = "GCC " __VERSION__;
#endif

// The family of that name: made when it is first asked for.
template <class Builder>
auto& family_in(prometheus::Registry& registry, Builder builder, metric id)
{
    const metric_row& row = known_metrics()[static_cast<std::size_t>(id)];
    return builder.Name(std::string{row.name}).Help(std::string{row.help}).Register(registry);
}

void raise(prometheus::Counter& counter, double to) { counter.Increment(to - counter.Value()); }

} // namespace

process_metrics::process_metrics(const build_facts& build)
{
    set(metric::build_info, 1,
        {{"version", build.version}, {"compiler", compiler}, {"openssl", build.openssl}});
    set(metric::process_start_time, process_start_time_s());
}

void process_metrics::set(metric id, std::optional<double> value, const prometheus::Labels& labels)
{
    if (value) family_in(registry_, prometheus::BuildGauge(), id).Add(labels).Set(*value);
}

void process_metrics::scraped(exposition_format format, std::chrono::nanoseconds took)
{
    static const prometheus::Histogram::BucketBoundaries bounds_s{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                  0.05,  0.1,    0.25,  1};
    const char* const name = format == exposition_format::text ? "text" : "openmetrics";
    family_in(registry_, prometheus::BuildCounter(), metric::scrapes).Add({{"format", name}}).Increment();
    family_in(registry_, prometheus::BuildHistogram(), metric::scrape_seconds)
        .Add({}, bounds_s)
        .Observe(std::chrono::duration<double>(took).count());
}

std::vector<prometheus::MetricFamily> process_metrics::collect(const lifecycle& life)
{
    const process_stats now = read_process_stats();
    const std::chrono::duration<double> reloaded_s = life.last_reload_at.time_since_epoch();
    constexpr std::uint64_t exact_bits = 0xffff'ffff'ffff; // a double holds 53
    std::lock_guard hold{mutex_};
    set(metric::ready, life.ready ? 1 : 0);
    set(metric::draining, life.draining ? 1 : 0);
    set(metric::config_generation, static_cast<double>(life.config_generation));
    set(metric::config_last_reload_successful, life.last_reload_ok ? 1 : 0);
    set(metric::config_last_reload_timestamp, reloaded_s.count());
    set(metric::config_hash, static_cast<double>(life.config_hash & exact_bits));
    set(metric::process_resident_memory, now.resident_bytes);
    set(metric::process_virtual_memory, now.virtual_bytes);
    set(metric::process_open_fds, now.open_fds);
    set(metric::process_max_fds, now.max_fds);
    if (now.cpu_s) {
        auto& family = family_in(registry_, prometheus::BuildCounter(), metric::process_cpu_seconds);
        raise(family.Add({}), *now.cpu_s);
    }
    return registry_.Collect();
}

} // namespace fairlead::metrics
