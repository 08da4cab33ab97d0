// The two formats that a scrape can have, and what they are called in a Content-Type field.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

enum class exposition_format : std::uint8_t
{
    text,       // Prometheus' own, 0.0.4
    openmetrics // 1.0.0
};

constexpr std::string_view content_type_of(exposition_format format) noexcept
{
    switch (format) {
    case exposition_format::text: return "text/plain; version=0.0.4; charset=utf-8";
    case exposition_format::openmetrics: return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    }
    return {};
}

} // namespace fairlead::metrics
