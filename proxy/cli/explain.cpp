#include "proxy/cli/explain.hpp"

#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/exit_codes.hpp"
#include "proxy/cli/explain_text.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/server/explain_report.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace fairlead::cli {

namespace json = boost::json;

namespace {

std::string target_of(const server::explain_request& asked)
{
    std::string target = "/explain?url=" + escape_query(asked.url) + "&method=" + escape_query(asked.method);
    if (!asked.client.empty()) target += "&client=" + escape_query(asked.client);
    for (const std::string& each : asked.headers)
        target += "&header=" + escape_query(each);
    return target;
}

// Reports what is wrong with the file; nothing then.
std::optional<json::object> explain_file(const explain_command& how, const server::imagined_request& asked)
{
    const conf::read_result read = read_checked(how.config, read_host_facts());
    if (!read.ok()) return std::nullopt;
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    const auto built = http::service::build(read.value, {backends, ledger, routes}, 1);
    return server::explain(asked, *built, false);
}

int tell(const json::object& told, bool as_json)
{
    std::cout << (as_json ? json::serialize(told) + "\n" : explain_text(told));
    return told.contains("refused") ? not_within : EXIT_SUCCESS;
}

} // namespace

int explain(const explain_command& how)
{
    const auto imagined = server::imagine(how.asked); // so that both ways refuse alike, and early
    if (imagined.has_error()) throw std::runtime_error(imagined.error().why);
    if (!how.config.empty()) {
        const auto told = explain_file(how, *imagined);
        return told ? tell(*told, how.as_json) : EXIT_FAILURE;
    }
    const admin_document told = ask(how.admin, "GET", target_of(how.asked));
    return told.status == 200 ? tell(told.body, how.as_json) : fail(told, how.as_json);
}

} // namespace fairlead::cli
