#include "proxy/cli/hijack_warnings.hpp"

#include <string_view>

namespace fairlead::cli {

namespace {

// By what the route knows who somebody is, as far as a browser sends it without being asked; empty: nothing.
std::string_view automatic_credential(const conf::route_options& route)
{
    if (route.edge.basic_auth) return "basic_auth";
    if (route.edge.jwt && !route.edge.jwt->cookie.empty()) return "jwt.cookie";
    if (route.edge.auth_request) return "auth_request";
    if (route.client_certificate) return "client_certificate";
    return {};
}

} // namespace

std::vector<std::string> warnings_about_hijacking(const conf::config& config)
{
    std::vector<std::string> out;
    for (const auto& route : config.routes) {
        const std::string_view credential = automatic_credential(route);
        const bool takes_websockets = route.only != conf::traffic_kind::http && !route.edge.is_final();
        if (credential.empty() || !takes_websockets || !route.websocket.origins.empty()) continue;
        out.push_back(
            "route " + route.name + ": with " + std::string(credential) +
            " and without websocket.origins any page on the web may open a WebSocket in the name of "
            "whoever visits it; name the origins, or set only = \"http\"");
    }
    return out;
}

} // namespace fairlead::cli
