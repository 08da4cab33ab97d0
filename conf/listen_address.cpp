#include "conf/listen_address.hpp"

#include <algorithm>

namespace fairlead::conf {

std::optional<endpoint> read_listen_address(const table_reader& table)
{
    std::string text;
    table.read("address", text);
    const auto* node = table.find("address");
    if (node == nullptr || node->kind != node_kind::text) {
        return std::nullopt;
    }
    const auto address = parse_listen_endpoint(text);
    if (!address) {
        const auto other = parse_endpoint(text);
        const bool is_name = other && other->what == endpoint::kind::name;
        table.report("address", in_quotes(text) +
                                    (is_name ? " is a name; an address to listen on is written as "
                                             : " is not an address to listen on; one is ") +
                                    range_text(*find_key("listen", "address")));
    }
    return address;
}

bool report_shared_address(const table_reader& table, const endpoint& address,
                           const std::vector<listen_options>& listeners)
{
    const auto twin = std::ranges::find(listeners, address,
                                        [](const listen_options& listener) { return listener.address; });
    const bool is_any_port = address.what == endpoint::kind::ip && address.port == 0;
    if (twin == listeners.end() || is_any_port) {
        return false;
    }
    table.report("address", address.text + " is listened on already, at " + position_text(twin->where));
    return true;
}

} // namespace fairlead::conf
