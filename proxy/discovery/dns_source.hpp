// The members of a pool by DNS: looks again when the last answer's TTL is over, or some time after a failure.
// See dns_look and look_schedule.
#pragma once

#include "proxy/discovery/dns_look.hpp"
#include "proxy/discovery/look_schedule.hpp"
#include "proxy/discovery/member_source.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <random>

namespace fairlead::discovery {

class dns_source final : public member_source
{
public:
    dns_source(net::asio::io_context& io, std::string pool, conf::discover_options options,
               std::function<void()> changed);

    void begin() override;

private:
    void finish(look_result found);
    void look_after(conf::duration wait);

    net::asio::io_context& io_;
    net::asio::steady_timer timer_;
    look_schedule schedule_;
    std::minstd_rand random_;
    name_memories memory_;
    std::unique_ptr<dns_look> look_; // under way
};

} // namespace fairlead::discovery
