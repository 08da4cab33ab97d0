// Any text is a configuration or a list of errors that point into it and are safe to print.
#include "conf/read_config.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cstdint>

namespace {

using namespace fairlead;
using fuzz::require;

void check_config(const conf::config& read)
{
    require(!read.listeners.empty() && !read.pools.empty() && !read.routes.empty(),
            "a configuration serves something");
    for (const auto& route : read.routes) {
        const auto is_its_pool = [&](const conf::pool_options& pool) { return pool.name == route.pool; };
        require(std::any_of(read.pools.begin(), read.pools.end(), is_its_pool), "a route's pool exists");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n') + 1);
    const auto result = conf::read_config_text(text, "fairlead.toml");
    for (const auto& error : result.errors) {
        require(error.where.line <= lines, "an error points into the file");
        const std::string shown = conf::format_error(error);
        require(shown.starts_with("fairlead.toml:"), "and names it");
        require(
            std::none_of(shown.begin(), shown.end(),
                         [](char c) { return (c >= 0 && c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }),
            "and is safe to print");
    }
    if (result.ok()) check_config(result.value);
    return 0;
}
