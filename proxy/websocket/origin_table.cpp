#include "proxy/websocket/origin_table.hpp"

namespace fairlead::websocket {

origin_ref origin_table::obtain(const origin_key& key)
{
    origin_ref& known = origins_[key];
    if (!known) {
        known = origin_ref(new tunnel_origin);
        ++made_;
        known->route = key.route;
        known->pool = key.pool;
        known->backend = key.backend;
        known->is_websocket = key.is_websocket;
        known->listener = key.listener;
    }
    return known;
}

std::vector<origin_ref> origin_table::all() const
{
    std::vector<origin_ref> out;
    out.reserve(origins_.size());
    for (const auto& [key, known] : origins_)
        out.push_back(known);
    return out;
}

void origin_table::sweep()
{
    std::erase_if(origins_, [](const auto& entry) { return entry.second->use_count() == 1; });
}

} // namespace fairlead::websocket
