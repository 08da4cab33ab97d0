#include "proxy/cli/plan.hpp"

#include "proxy/cli/exit_codes.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/net/machine_facts.hpp"
#include "proxy/plan/plan_json.hpp"
#include "proxy/plan/plan_text.hpp"
#include "proxy/upstream/name_resolver.hpp"
#include "proxy/upstream/pool.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

namespace fairlead::cli {
namespace {

constexpr std::chrono::seconds names_time{5};
constexpr std::uint64_t most_connections = 1'000'000'000;

std::optional<std::uint64_t> parse_count(std::string_view text)
{
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && out != 0 && out <= most_connections ? std::optional(out) : std::nullopt;
}

int refuse(const std::string& why)
{
    std::cerr << "--connections: " << why << '\n';
    return wrong_usage;
}

// The exit code when something is wrong; else nothing.
std::optional<int> read_wanted(const plan_options& options, const conf::config& config,
                               plan::wanted_connections& out)
{
    for (const auto& each : options.connections) {
        const auto equals = each.rfind('=');
        const auto count = parse_count(std::string_view(each).substr(equals == each.npos ? 0 : equals + 1));
        if (!count) return refuse("'" + each + "' is not N or POOL=N, N from 1 to 1000000000");
        if (equals == each.npos) {
            if (out.all) return refuse("a number for all is given twice");
            out.all = count;
            continue;
        }
        const auto name = each.substr(0, equals);
        if (std::ranges::find(config.pools, name, &conf::pool_options::name) == config.pools.end())
            return refuse("there is no pool '" + name + "'");
        if (!out.by_pool.emplace(name, *count).second) return refuse("pool '" + name + "' is given twice");
    }
    return std::nullopt;
}

plan::resolved_names resolve(const conf::config& config)
{
    upstream::backend_registry backends;
    for (const auto& pool : config.pools) {
        for (const auto& each : pool.backends)
            backends.obtain(pool.name, each);
    }
    boost::asio::io_context io;
    upstream::name_resolver resolver(io, backends);
    resolver.resolve_soon();
    resolver.wait(names_time);
    plan::resolved_names out;
    for (const auto& each : backends.all()) {
        if (each->address().what == conf::endpoint::kind::name && !each->addresses().empty())
            out[each->address().host] = each->addresses();
    }
    return out;
}

} // namespace

int plan_capacity(const plan_options& options)
{
    const auto host = read_host_facts();
    const auto read = read_checked(options.config, host);
    if (!read.ok()) return EXIT_FAILURE;
    plan::wanted_connections wanted;
    if (const auto wrong = read_wanted(options, read.value, wanted)) return *wrong;
    const auto machine = net::read_machine_facts();
    const auto names = resolve(read.value);
    const auto made = plan::make_plan({read.value, host, machine, names, wanted});
    std::cout << (options.as_json ? plan::to_json(made) : plan::to_text(made));
    return wanted.is_asked() && !made.fits() ? not_within : EXIT_SUCCESS;
}

} // namespace fairlead::cli
