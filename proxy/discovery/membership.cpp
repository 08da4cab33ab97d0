#include "proxy/discovery/membership.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace fairlead::discovery {
namespace {

const conf::pool_options* find_pool(const conf::config* config, const std::string& name)
{
    if (config == nullptr) return nullptr;
    const auto found = std::ranges::find(config->pools, name, &conf::pool_options::name);
    return found == config->pools.end() ? nullptr : &*found;
}

// Of a member or a backend.
template <class Named>
conf::backend_options discovered(const Named& named, conf::member_origin from)
{
    conf::backend_options out;
    out.address = named.address;
    out.weight = named.weight;
    out.priority = named.priority;
    out.origin = from;
    return out;
}

std::vector<conf::backend_options> members_of(const conf::pool_options& pool, const named_members& named,
                                              const conf::config* in_force)
{
    std::vector<conf::backend_options> out;
    if (const member_list* const list = named(pool)) {
        for (const member& each : *list)
            out.push_back(discovered(each, pool.discover->from));
    } else if (const conf::pool_options* const before = find_pool(in_force, pool.name)) {
        for (const conf::backend_options& each : before->backends)
            out.push_back(discovered(each, pool.discover->from));
    }
    return out;
}

} // namespace

void fill_members(conf::config& target, const named_members& named, const conf::config* in_force)
{
    for (conf::pool_options& pool : target.pools) {
        if (!pool.discover) continue;
        auto members = members_of(pool, named, in_force);
        std::erase_if(pool.backends, [](const conf::backend_options& each) {
            return each.origin != conf::member_origin::configured;
        });
        std::unordered_set<std::string_view> written;
        for (const conf::backend_options& each : pool.backends)
            written.insert(each.address.text);
        std::erase_if(members, [&](const auto& each) { return written.contains(each.address.text); });
        pool.backends.insert(pool.backends.end(), std::make_move_iterator(members.begin()),
                             std::make_move_iterator(members.end()));
    }
}

} // namespace fairlead::discovery
