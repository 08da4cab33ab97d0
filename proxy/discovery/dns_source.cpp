#include "proxy/discovery/dns_source.hpp"

#include <exception>
#include <utility>

namespace fairlead::discovery {

dns_source::dns_source(net::asio::io_context& io, std::string pool, conf::discover_options options,
                       std::function<void()> changed)
    : member_source(std::move(pool), std::move(options), std::move(changed))
    , io_(io)
    , timer_(io)
    , schedule_(this->options().min_ttl, this->options().max_ttl)
    , random_(std::random_device{}())
{}

void dns_source::begin()
{
    look_result failed;
    try {
        look_ = std::make_unique<dns_look>(io_, options(), memory_,
                                           [this](look_result found) { finish(std::move(found)); });
        return;
    } catch (const std::exception& problem) { // no descriptors, a resolv.conf that c-ares cannot read
        failed.failure = look_failure::server_failure;
        failed.problem = problem.what();
    }
    finish(std::move(failed));
}

void dns_source::finish(look_result found)
{
    look_.reset();
    const double chance = std::generate_canonical<double, 32>(random_);
    look_after(found.failure ? schedule_.after_failure(chance) : schedule_.after_answer(found.ttl, chance));
    take(std::move(found));
}

void dns_source::look_after(conf::duration wait)
{
    timer_.expires_after(wait);
    timer_.async_wait([this](const net::error_code& error) {
        if (!error) begin();
    });
}

} // namespace fairlead::discovery
