#include "proxy/cli/connections.hpp"

#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/connections_text.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <iostream>

namespace fairlead::cli {
namespace {

std::string target_of(const connections_command& how)
{
    std::string target = "/connections?";
    for (const auto& [name, value] : how.parameters) {
        if (!value.empty()) target += name + "=" + escape_query(value) + "&";
    }
    if (how.ascending) target += "order=asc&";
    if (how.all) target += "all=1&";
    target.pop_back();
    return target;
}

} // namespace

int connections(const connections_command& how)
{
    const admin_document told = ask(how.admin, how.close ? "DELETE" : "GET", target_of(how));
    if (told.status != 200) return fail(told, how.as_json);
    if (how.as_json)
        std::cout << boost::json::serialize(told.body) << '\n';
    else
        std::cout << (how.close ? closed_text(told.body) : connections_text(told.body));
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
