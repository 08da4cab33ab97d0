#include "proxy/discovery/name_memory.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::discovery {
namespace {

bool says_none(const address_reply& reply) noexcept
{
    return reply.failure == look_failure::no_data || reply.failure == look_failure::no_such_name;
}

} // namespace

name_memory::view name_memory::settle(address_reply v4, address_reply v6)
{
    view out;
    out.ttl = std::chrono::seconds::max();
    const bool has_some = !v4.failure || !v6.failure;
    const auto take = [&](address_reply& reply, std::vector<conf::ip_address>& last) {
        if (!reply.failure) {
            last = std::move(reply.found.values);
            out.ttl = std::min(out.ttl, reply.found.ttl);
        } else if (has_some && says_none(reply)) {
            last.clear();
        } else if (!out.failure || out.failure == look_failure::no_data) {
            out.failure = reply.failure; // the graver of two
        }
        out.addresses.insert(out.addresses.end(), last.begin(), last.end());
    };
    take(v4, v4_);
    take(v6, v6_);
    return out;
}

} // namespace fairlead::discovery
