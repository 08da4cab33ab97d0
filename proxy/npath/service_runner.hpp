// One service at work: its checks, what they mean, and its table in the kernel.
//
// It decides nothing itself: membership does; this carries events to it and its changes to nft. The
// director calls everything from one coroutine at a time; results of checks come in between. After
// stop() nothing is called any more. Thread: the executor's.
#pragma once

#include "conf/model.hpp"
#include "metrics/registry.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/npath/health_check.hpp"
#include "proxy/npath/membership.hpp"
#include "proxy/npath/nft_listing.hpp"
#include "proxy/npath/segment.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::npath {

class service_runner
{
public:
    using clock = std::chrono::steady_clock;

    // `excluded`: the addresses of every service, which no check may come from. `wake` is called when there
    // may be something to write.
    service_runner(net::executor executor, conf::npath_options options,
                   std::vector<conf::ip_address> excluded, std::function<void()> wake);
    service_runner(const service_runner&) = delete;
    service_runner& operator=(const service_runner&) = delete;

    const conf::npath_options& options() const noexcept { return members_.options(); }

    // The table is in the kernel already, as `nft -j -t list table` says.
    void adopt(std::string_view listing);
    void reconfigure(conf::npath_options options, std::vector<conf::ip_address> excluded);
    void stop() noexcept { checks_.clear(); }

    // Has the interface changed, does it have the service's address, where are checks to come from?
    void look_around();

    // Writes what is to be written, if its time has come.
    net::task<> write_pending();
    net::task<> read_counters();

    bool is_written() const noexcept { return members_.is_written(); }
    metrics::npath_service_state report() const;

private:
    struct backend_check
    {
        conf::ip_address address;
        std::unique_ptr<health_check> check;
    };

    void start_checks();
    std::chrono::milliseconds on_check(const conf::ip_address& address, const check_result& result);
    void follow_link(std::size_t index);
    void on_written(const membership_change& change);
    void on_refused(const std::string& why);
    std::uint64_t counted(const std::string& counter, std::uint64_t listed_counter::*which) const;

    net::executor executor_;
    std::function<void()> wake_;
    std::vector<conf::ip_address> excluded_;
    membership members_;
    link_facts link_;
    std::vector<conf::ip_address> interface_addresses_;
    bool has_looked_ = false;
    bool has_address_ = false; // the interface has the service's
    bool is_adopting_ = false; // another process's table is there, and nothing was written over it yet
    clock::time_point retry_at_{};
    std::chrono::seconds retry_pause_{0};
    std::uint64_t writes_ = 0;
    std::uint64_t write_failures_ = 0;
    std::map<std::string, std::uint64_t> failed_checks_; // by backend
    std::vector<listed_counter> counters_;               // as last read
    std::vector<backend_check> checks_;                  // last: they call back
};

} // namespace fairlead::npath
