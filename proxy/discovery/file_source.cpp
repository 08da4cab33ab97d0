#include "proxy/discovery/file_source.hpp"

#include "proxy/discovery/file_members.hpp"

#include <utility>

namespace fairlead::discovery {

file_source::file_source(net::asio::io_context& io, std::string pool, conf::discover_options options,
                         std::function<void()> changed)
    : member_source(std::move(pool), std::move(options), std::move(changed))
    , timer_(io)
{}

void file_source::begin()
{
    look_at_files();
    timer_.expires_after(look_interval);
    timer_.async_wait([this](const net::error_code& error) {
        if (!error) begin();
    });
}

void file_source::look_at_files() { take(read_members_file(options().file, options().max_members)); }

} // namespace fairlead::discovery
