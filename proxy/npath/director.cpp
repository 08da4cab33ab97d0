#include "proxy/npath/director.hpp"

#include "proxy/npath/nft_child.hpp"
#include "proxy/npath/nft_ruleset.hpp"
#include "proxy/npath/preflight.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fairlead::npath {
namespace {

constexpr std::chrono::seconds look_interval{1};
constexpr std::chrono::seconds counter_interval{5};

// Throws with every problem that there is.
void require(const std::vector<conf::npath_options>& services)
{
    std::string all = capability_problem();
    for (const auto& each : services) {
        for (const std::string& problem : service_problems(each))
            all += (all.empty() ? "" : "\n") + problem;
    }
    if (!all.empty()) throw std::runtime_error(all);
}

std::vector<conf::ip_address> addresses_of(const std::vector<conf::npath_options>& services)
{
    std::vector<conf::ip_address> addresses;
    for (const auto& each : services)
        addresses.push_back(each.address);
    return addresses;
}

// Whether a change from one to the other can keep the connections.
bool is_same_service(const conf::npath_options& a, const conf::npath_options& b)
{
    return a.name == b.name && a.address == b.address && a.port == b.port && a.interface == b.interface;
}

} // namespace

director::director(net::asio::io_context& io, const std::vector<conf::npath_options>& services)
    : io_(io)
    , pause_(io.get_executor())
{
    require(services);
    const auto excluded = addresses_of(services);
    for (const auto& each : services)
        runners_.push_back(make_runner(each, excluded));
}

std::shared_ptr<service_runner> director::make_runner(const conf::npath_options& options,
                                                      const std::vector<conf::ip_address>& excluded)
{
    return std::make_shared<service_runner>(io_.get_executor(), options, excluded, [this] { wake(); });
}

void director::start(std::function<void()> on_ready, std::function<void(const std::string&)> on_end)
{
    on_ready_ = std::move(on_ready);
    on_end_ = std::move(on_end);
    net::asio::co_spawn(io_.get_executor(), live(), net::asio::detached);
}

void director::wake()
{
    has_news_ = true;
    pause_.cancel();
}

void director::stop()
{
    is_stopping_ = true;
    wake();
}

void director::apply(const std::vector<conf::npath_options>& services)
{
    require(services);
    const auto excluded = addresses_of(services);
    std::vector<std::shared_ptr<service_runner>> next;
    for (const auto& options : services) {
        const auto same = std::ranges::find_if(
            runners_, [&](const auto& each) { return is_same_service(each->options(), options); });
        if (same == runners_.end()) {
            next.push_back(make_runner(options, excluded));
        } else {
            (*same)->reconfigure(options, excluded);
            next.push_back(*same);
        }
    }
    for (const auto& each : runners_) {
        if (std::ranges::find(next, each) != next.end()) continue;
        each->stop();
        removals_.push_back(table_name(each->options().name));
    }
    runners_ = std::move(next);
    wake();
}

net::task<> director::live()
{
    try {
        co_await take_over();
        co_await work();
    } catch (const std::exception& failure) {
        failure_ = failure.what();
    }
    for (const auto& each : runners_) {
        each->stop();
        if (!each->options().persist) removals_.push_back(table_name(each->options().name));
    }
    try {
        co_await remove_tables();
    } catch (const std::exception& failure) {
        failure_ = failure.what();
    }
    on_end_(failure_);
}

// What an earlier process left.
net::task<> director::take_over()
{
    const std::vector<std::string> list_tables{"-j", "list", "tables", "netdev"};
    const std::string nothing;
    const nft_result tables = co_await run_nft(io_.get_executor(), list_tables, nothing);
    const auto found = listed_tables(tables.output);
    if (!tables.ok || !found)
        throw std::runtime_error(tables.ok ? "nft answers without a listing; it has to support -j"
                                           : tables.error);
    for (const std::string& name : *found) {
        const auto owner = std::ranges::find_if(
            runners_, [&](const auto& each) { return table_name(each->options().name) == name; });
        if (owner == runners_.end()) {
            removals_.push_back(name);
            continue;
        }
        const std::shared_ptr<service_runner> one = *owner;
        const std::vector<std::string> list_table{"-j", "-t", "list", "table", "netdev", name};
        const nft_result listing = co_await run_nft(io_.get_executor(), list_table, nothing);
        if (listing.ok) one->adopt(listing.output);
    }
}

net::task<> director::remove_tables()
{
    while (!removals_.empty()) {
        const std::string name = removals_.back();
        removals_.pop_back();
        const std::vector<std::string> arguments{"-f", "-"};
        const std::string script = removal_script(name);
        const nft_result done = co_await run_nft(io_.get_executor(), arguments, script);
        if (done.ok)
            spdlog::info("npath: the table {} is removed", name);
        else
            spdlog::error("npath: the table {} stays: {}", name, done.error);
    }
}

net::task<> director::work()
{
    auto look_at = std::chrono::steady_clock::now() + look_interval;
    auto count_at = std::chrono::steady_clock::now() + counter_interval;
    while (!is_stopping_) {
        has_news_ = false;
        co_await remove_tables();
        const auto runners = runners_; // a reload may come in between
        for (const auto& each : runners)
            co_await each->write_pending();
        if (on_ready_ && std::ranges::all_of(runners_, [](const auto& each) { return each->is_written(); }))
            std::exchange(on_ready_, nullptr)();
        const auto now = std::chrono::steady_clock::now();
        if (now >= look_at) {
            look_at = now + look_interval;
            for (const auto& each : runners_)
                each->look_around();
        }
        if (now >= count_at) {
            count_at = now + counter_interval;
            for (const auto& each : runners)
                co_await each->read_counters();
            continue; // one that is gone is written again
        }
        if (has_news_ || is_stopping_) continue;
        pause_.expires_at(std::min(look_at, count_at));
        (void)co_await pause_.async_wait(net::as_result);
    }
}

std::vector<metrics::npath_service_state> director::report() const
{
    std::vector<metrics::npath_service_state> states;
    for (const auto& each : runners_)
        states.push_back(each->report());
    return states;
}

} // namespace fairlead::npath
