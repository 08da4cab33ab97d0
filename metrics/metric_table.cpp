#include "metrics/metric_table.hpp"

#include "metrics/backend_rows.hpp"
#include "metrics/connection_rows.hpp"
#include "metrics/process_rows.hpp"
#include "metrics/traffic_rows.hpp"

#include <algorithm>

namespace fairlead::metrics {
namespace {

template <std::size_t... Sizes>
constexpr auto joined(const std::array<metric_row, Sizes>&... parts)
{
    std::array<metric_row, (Sizes + ...)> all{};
    auto end = all.begin();
    ((end = std::ranges::copy(parts, end).out), ...);
    return all;
}

constexpr auto rows = joined(traffic_rows, backend_rows, process_rows, connection_rows);

constexpr bool ids_are_indices()
{
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].id) != i) return false;
    }
    return rows.size() == static_cast<std::size_t>(metric::connection_queue) + 1;
}
static_assert(ids_are_indices());

} // namespace

std::string_view to_string(metric_type type) noexcept
{
    switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
    }
    return {};
}

std::span<const std::string_view> metric_row::label_names() const noexcept
{
    return {labels.begin(), std::ranges::find(labels, std::string_view{})};
}

std::span<const metric_row> known_metrics() noexcept { return rows; }

} // namespace fairlead::metrics
