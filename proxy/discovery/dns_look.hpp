// One look for the members of a pool by DNS: asks for the addresses of a name, or for a service, its targets
// and their addresses.
//
//   dns   NAME ─► A, AAAA ─► each address with the port
//   srv   NAME ─► SRV ─► targets ─► A, AAAA of each ─► each address, with its target's port, weight and rank
//
// At most questions_at_once are under way. What is not answered within the timeout counts as timed out;
// what is known of a target from earlier looks then stays, in `memory`, which outlives this and holds the
// names of the last answer. `done` is called once from the io_context, and may destroy this. Thread: the
// io_context's one.
#pragma once

#include "conf/discover_options.hpp"
#include "proxy/discovery/dns_channel.hpp"
#include "proxy/discovery/look_result.hpp"
#include "proxy/discovery/name_memory.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace fairlead::discovery {

using name_memories = std::map<std::string, name_memory>; // by name

class dns_look
{
public:
    static constexpr std::size_t questions_at_once = 64;

    dns_look(net::asio::io_context& io, const conf::discover_options& options, name_memories& memory,
             std::function<void(look_result)> done);
    dns_look(const dns_look&) = delete;
    dns_look& operator=(const dns_look&) = delete;

private:
    struct asked_name // with its two answers, as they come
    {
        std::string name;
        address_reply v4;
        address_reply v6;
    };

    void take_services(service_reply reply);
    void add_names();
    void ask_more();
    void ask_for(std::size_t name, bool is_v6);
    void end_with(look_result found);
    look_result settle();
    void add_members(const service_record& service, const name_memory::view& known, member_list& out) const;

    const conf::discover_options& options_;
    name_memories& memory_;
    std::function<void(look_result)> done_;
    std::vector<service_record> services_; // of `dns` one: the name itself
    std::chrono::seconds ttl_ = std::chrono::seconds::max();
    std::vector<asked_name> names_; // each once
    std::size_t next_question_ = 0; // two for each name
    std::size_t under_way_ = 0;
    net::asio::steady_timer deadline_;
    dns_channel channel_; // last: nothing is answered into members that are gone
};

} // namespace fairlead::discovery
