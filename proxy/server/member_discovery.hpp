// Keeps the members of pools that are not all written down: owns their sources, and asks for a change of what
// is in force when a source names others.
//
// A source lives as long as its pool's `discover` says the same; a reload keeps it with what it knows.
// Changes are put together: asked for at once when there was none for a while, else one change_interval
// after the last one. A change that could not be made is asked for again after retry_interval. Thread: the
// main thread's io_context.
#pragma once

#include "conf/model.hpp"
#include "metrics/registry.hpp"
#include "proxy/discovery/member_source.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/server/config_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace fairlead::server {

class member_discovery
{
public:
    static constexpr std::chrono::milliseconds change_interval{1'000};
    static constexpr std::chrono::milliseconds retry_interval{5'000};

    // `change` puts in force what fill() makes of the configuration, and returns whether it could.
    member_discovery(net::asio::io_context& io, std::function<bool()> change);
    member_discovery(const member_discovery&) = delete;
    member_discovery& operator=(const member_discovery&) = delete;

    // The sources are those of this configuration from now on; new ones begin to look.
    void follow(const conf::config& config);

    // Runs the io_context until every source has looked, for `longest` at most. Before anything else is on
    // it.
    void wait(std::chrono::milliseconds longest);

    // Adds the members that are known. Of a file that no source knows it reads them, which blocks.
    void fill(conf::config& target, const conf::config* in_force) const;

    std::vector<metrics::discovery_state> states(const conf::config& in_force) const;

private:
    using source_list = std::vector<std::unique_ptr<discovery::member_source>>; // few: pools with one

    std::unique_ptr<discovery::member_source> make_source(const conf::pool_options& pool);
    discovery::member_source* find(const conf::pool_options& pool) const;
    void follow_files();
    void note_change();
    void change_at(std::chrono::steady_clock::time_point when);

    net::asio::io_context& io_;
    std::function<bool()> change_;
    net::asio::steady_timer timer_;
    std::chrono::steady_clock::time_point last_change_{};
    bool is_change_due_ = false;
    source_list sources_;
    std::unique_ptr<config_watch> watch_; // of their files
};

} // namespace fairlead::server
