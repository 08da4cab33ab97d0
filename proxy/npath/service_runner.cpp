#include "proxy/npath/service_runner.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/interfaces.hpp"
#include "proxy/npath/nft_child.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace fairlead::npath {
namespace {

constexpr std::chrono::seconds longest_retry_pause{30};

std::vector<conf::ip_address> addresses_of(const std::string& interface)
{
    for (auto& each : net::read_interfaces()) {
        if (each.name == interface) return std::move(each.addresses);
    }
    return {};
}

} // namespace

service_runner::service_runner(net::executor executor, conf::npath_options options,
                               std::vector<conf::ip_address> excluded, std::function<void()> wake)
    : executor_(executor)
    , wake_(std::move(wake))
    , excluded_(std::move(excluded))
    , members_(std::move(options))
{
    look_around();
}

void service_runner::adopt(std::string_view listing)
{
    const auto members = listed_members(listing);
    members_.adopt(members);
    is_adopting_ = true;
    spdlog::info("npath {}: a table of {} backends is in the kernel, its connections go on", options().name,
                 members.size());
}

void service_runner::reconfigure(conf::npath_options options, std::vector<conf::ip_address> excluded)
{
    members_.reconfigure(std::move(options));
    excluded_ = std::move(excluded);
    start_checks();
}

void service_runner::start_checks()
{
    checks_.clear();
    const auto& health = options().health;
    for (const auto& each : options().backends) {
        check_target target{net::to_socket_address(each.address, health.port), {}, health};
        if (const auto source = choose_source(interface_addresses_, excluded_, each.address))
            target.source = net::to_socket_address(*source, 0);
        const auto report = [this, address = each.address](const check_result& result) {
            return on_check(address, result);
        };
        checks_.push_back({each.address, std::make_unique<health_check>(executor_, target, report)});
    }
}

void service_runner::look_around()
{
    const bool had_address = std::exchange(has_address_, false);
    auto addresses = addresses_of(options().interface);
    has_address_ = std::ranges::find(addresses, options().address) != addresses.end();
    if (!has_looked_ && !has_address_)
        spdlog::warn(
            "npath {}: {} does not have {}: nothing arrives before it does. A standby is like this; else "
            "`ip addr add {}/{} dev {}`",
            options().name, options().interface, conf::to_string(options().address),
            conf::to_string(options().address), options().address.is_v6 ? 128 : 32, options().interface);
    else if (has_looked_ && had_address != has_address_)
        spdlog::info("npath {}: {} {} {}", options().name, options().interface,
                     has_address_ ? "has got" : "has lost", conf::to_string(options().address));
    const auto link = find_link(options().interface);
    if (!link && has_looked_ && link_.index != 0)
        spdlog::error("npath {}: the interface {} is gone", options().name, options().interface);
    const unsigned index = link ? link->index : 0;
    // The kernel forgets the hook of an interface that goes.
    if (has_looked_ && index != 0 && index != link_.index) members_.distrust_kernel();
    if (link)
        link_ = *link;
    else
        link_.index = 0;
    if (!has_looked_ || addresses != interface_addresses_) {
        interface_addresses_ = std::move(addresses);
        start_checks();
    }
    has_looked_ = true;
}

std::chrono::milliseconds service_runner::on_check(const conf::ip_address& address,
                                                   const check_result& result)
{
    const auto& backends = members_.backends();
    const auto found = std::ranges::find(backends, address, &membership::backend::address);
    const auto index = static_cast<std::size_t>(found - backends.begin());
    const std::string name = conf::to_string(address);
    if (result.outcome == health::check_outcome::fail)
        ++failed_checks_[name];
    else
        follow_link(index);
    if (members_.on_check(index, result.outcome)) {
        const health::checked_state now = backends[index].state.current();
        const auto level = now == health::checked_state::down ? spdlog::level::warn : spdlog::level::info;
        spdlog::log(level, "npath {}: {} is {}{}{}", options().name, name, to_string(now),
                    result.reason.empty() ? "" : ": ", result.reason);
    }
    wake_();
    return backends[index].state.pause(options().health.timing.every);
}

// After an answer the kernel knows the neighbour, and knows it anew when it has another address.
void service_runner::follow_link(std::size_t index)
{
    const auto& backend = members_.backends()[index];
    try {
        const auto link = find_neighbour(link_.index, backend.address);
        const bool is_known = backend.link.has_value();
        if (link && members_.set_link(index, *link))
            spdlog::info("npath {}: {} {} {}", options().name, conf::to_string(backend.address),
                         is_known ? "has moved to" : "is at", to_string(*link));
        else if (!link && !is_known)
            spdlog::warn("npath {}: {} answers, but not from the segment of {}", options().name,
                         conf::to_string(backend.address), options().interface);
    } catch (const std::exception& failure) {
        spdlog::error("npath {}: {}", options().name, failure.what());
    }
}

net::task<> service_runner::write_pending()
{
    if (clock::now() < retry_at_ || link_.index == 0) co_return;
    const std::optional<membership_change> change = members_.pending(link_.address);
    if (!change) co_return;
    const std::vector<std::string> arguments{"-f", "-"};
    const std::string script = service_script(change->next, change->stale_chains, change->stale_backends);
    nft_result done = co_await run_nft(executor_, arguments, script);
    if (!done.ok && is_adopting_) {
        spdlog::warn("npath {}: the table in the kernel cannot be taken over and is replaced: {}",
                     options().name, done.error);
        const std::string whole = removal_script(table_name(options().name)) + script;
        done = co_await run_nft(executor_, arguments, whole);
    }
    if (done.ok)
        on_written(*change);
    else
        on_refused(done.error);
}

void service_runner::on_written(const membership_change& change)
{
    members_.written(change);
    is_adopting_ = false;
    retry_pause_ = std::chrono::seconds{0};
    ++writes_;
    spdlog::info("npath {}: forwarding {} port {} to {} backends{}", options().name,
                 conf::to_string(options().address), options().port, change.next.members.size(),
                 change.next.slots.empty() ? "; none of them takes new connections" : "");
}

void service_runner::on_refused(const std::string& why)
{
    ++write_failures_;
    retry_pause_ = std::min(longest_retry_pause, std::max(std::chrono::seconds{1}, 2 * retry_pause_));
    retry_at_ = clock::now() + retry_pause_;
    spdlog::error("npath {}: the kernel keeps what it had, the next attempt is in {} s: {}", options().name,
                  retry_pause_.count(), why);
}

net::task<> service_runner::read_counters()
{
    if (!members_.is_written()) co_return;
    const std::vector<std::string> arguments{"-j",    "list",   "counters",
                                             "table", "netdev", table_name(options().name)};
    const std::string nothing;
    const nft_result done = co_await run_nft(executor_, arguments, nothing);
    if (done.ok) {
        counters_ = listed_counters(done.output);
    } else if (done.error.find("No such file") != std::string::npos) {
        spdlog::warn("npath {}: somebody removed the table, such as by `nft flush ruleset`; writing it again",
                     options().name);
        members_.forget_kernel();
    } else {
        spdlog::warn("npath {}: the counters cannot be read: {}", options().name, done.error);
    }
}

std::uint64_t service_runner::counted(const std::string& counter, std::uint64_t listed_counter::*which) const
{
    const auto found = std::ranges::find(counters_, counter, &listed_counter::name);
    return found == counters_.end() ? 0 : (*found).*which;
}

metrics::npath_service_state service_runner::report() const
{
    metrics::npath_service_state state;
    state.service = options().name;
    state.in_sync = members_.is_written() && !members_.pending(link_.address);
    state.has_address = has_address_;
    state.unserved_packets = counted(std::string(unserved_counter), &listed_counter::packets);
    state.writes = writes_;
    state.write_failures = write_failures_;
    for (std::size_t i = 0; i < members_.backends().size(); ++i) {
        const auto& backend = members_.backends()[i];
        metrics::npath_backend_state one;
        one.backend = conf::to_string(backend.address);
        one.up = backend.state.current() == health::checked_state::up;
        one.draining = backend.state.current() == health::checked_state::draining;
        one.slots = members_.slots_of(i);
        const auto failed = failed_checks_.find(one.backend);
        one.failed_checks = failed == failed_checks_.end() ? 0 : failed->second;
        one.flows = counted(flow_counter(backend.address), &listed_counter::packets);
        one.packets = counted(packet_counter(backend.address), &listed_counter::packets);
        one.bytes = counted(packet_counter(backend.address), &listed_counter::bytes);
        state.backends.push_back(std::move(one));
    }
    return state;
}

} // namespace fairlead::npath
