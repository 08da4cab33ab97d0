// All services of one process: one coroutine that writes what has changed, looks after the machine, and
// cleans up at the end.
//
// One nft child at a time. Tables of ours that are in the kernel at the start are taken over where a
// service has that name, else removed. When it ends, tables of services that do not persist are removed.
// What cannot be written is tried again, after 1 s and up to every 30 s. Thread: the io_context's. Errors:
// the constructor and apply() throw std::runtime_error with every problem of the machine, a line each, and
// have changed nothing then.
#pragma once

#include "conf/model.hpp"
#include "metrics/registry.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/npath/service_runner.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::npath {

class director
{
public:
    // Checks begin at once.
    director(net::asio::io_context& io, const std::vector<conf::npath_options>& services);
    director(const director&) = delete;
    director& operator=(const director&) = delete;

    // `on_ready`: once, when every service is in the kernel. `on_end`: when everything is cleaned up,
    // after stop() or after a failure that leaves no sense in going on; its text is "" for the former.
    void start(std::function<void()> on_ready, std::function<void(const std::string&)> on_end);

    void apply(const std::vector<conf::npath_options>& services);
    void stop();

    std::vector<metrics::npath_service_state> report() const;

private:
    net::task<> live();
    net::task<> take_over();
    net::task<> work();
    net::task<> remove_tables();
    void wake();
    std::shared_ptr<service_runner> make_runner(const conf::npath_options& options,
                                                const std::vector<conf::ip_address>& excluded);

    net::asio::io_context& io_;
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>
        pause_;
    std::vector<std::shared_ptr<service_runner>> runners_;
    std::vector<std::string> removals_; // tables that nobody wants any more
    std::function<void()> on_ready_;
    std::function<void(const std::string&)> on_end_;
    std::string failure_;
    bool is_stopping_ = false;
    bool has_news_ = false; // since the coroutine looked
};

} // namespace fairlead::npath
