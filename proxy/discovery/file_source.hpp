// The members of a pool out of a file in JSON, see file_members.
//
// Whoever watches files says when to look; besides it looks every half minute, for files where no change is
// told, as on network file systems. Reading blocks the main thread, for a file of 16 MiB at most.
#pragma once

#include "proxy/discovery/member_source.hpp"
#include "proxy/net/socket.hpp"

#include <boost/asio/steady_timer.hpp>

namespace fairlead::discovery {

class file_source final : public member_source
{
public:
    static constexpr std::chrono::seconds look_interval{30};

    file_source(net::asio::io_context& io, std::string pool, conf::discover_options options,
                std::function<void()> changed);

    void begin() override;
    void look_at_files() override;

private:
    net::asio::steady_timer timer_;
};

} // namespace fairlead::discovery
