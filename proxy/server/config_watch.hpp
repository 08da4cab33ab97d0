// Tells when the files of a configuration may have changed: by inotify(7) on their folders, so that files
// which are replaced, new or gone are noticed, and links that are exchanged in front of them.
//
// It does not read the files. Told is half a second after the last change, and at the latest five after
// the first. A folder that is not there is looked for every five seconds; when it is, that is a change.
// Where a file is a link, the folder of what it leads to is watched as well; two names may be of one
// folder. Thread: the main thread's io_context. Errors: where inotify cannot be had, the constructor
// throws boost::system::system_error.
#pragma once

#include "proxy/net/socket.hpp"
#include "proxy/server/quiet_period.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fairlead::server {

class config_watch
{
public:
    static constexpr std::chrono::milliseconds after_last{500};
    static constexpr std::chrono::milliseconds after_first{5'000};
    static constexpr std::chrono::milliseconds retry{5'000};

    config_watch(net::asio::io_context& io, std::function<void()> changed);
    config_watch(const config_watch&) = delete;
    config_watch& operator=(const config_watch&) = delete;

    // Watches these from now on, and nothing else.
    void follow(const std::vector<std::string>& files, const std::vector<std::string>& folders);

private:
    using clock_timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    void wait();
    bool drain_events();
    bool is_used(int watch) const;
    void lose(int watch);
    void add_missing();
    void arm();

    net::asio::posix::basic_stream_descriptor<net::executor> inotify_;
    clock_timer timer_;
    std::function<void()> changed_;
    quiet_period quiet_;
    std::map<std::string, int> watched_; // by folder; names of one folder have the same watch
    std::set<std::string> missing_;
};

} // namespace fairlead::server
