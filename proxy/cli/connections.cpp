#include "proxy/cli/connections.hpp"

#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/connections_text.hpp"
#include "proxy/cli/trace_line.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string_view>

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

void print_line(std::string_view line, bool as_json)
{
    boost::json::error_code error;
    const boost::json::value event = boost::json::parse(line, error);
    if (as_json || error || !event.is_object())
        std::cout << line << std::endl; // as they come, also into a pipe
    else
        std::cout << trace_line(event.as_object()) << std::flush;
}

int follow(const connections_command& how)
{
    constexpr std::chrono::seconds longest{3'610}; // nothing may pass for all of the time that there is
    std::string target = "/connections/" + escape_query(how.trace) + "/trace";
    if (!how.trace_time.empty()) target += "?for=" + escape_query(how.trace_time);
    const admin_reply reply = follow_admin(how.admin, target, longest,
                                           [&](std::string_view line) { print_line(line, how.as_json); });
    if (reply.status == 200) return EXIT_SUCCESS;
    return fail(to_document(how.admin, reply), how.as_json);
}

} // namespace

int connections(const connections_command& how)
{
    if (!how.trace.empty()) return follow(how);
    const admin_document told = ask(how.admin, how.close ? "DELETE" : "GET", target_of(how));
    if (told.status != 200) return fail(told, how.as_json);
    if (how.as_json)
        std::cout << boost::json::serialize(told.body) << '\n';
    else
        std::cout << (how.close ? closed_text(told.body) : connections_text(told.body));
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
