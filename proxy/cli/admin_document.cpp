#include "proxy/cli/admin_document.hpp"

#include "proxy/cli/control_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace fairlead::cli {

namespace json = boost::json;

admin_document ask(const admin_access& admin, std::string_view method, const std::string& target,
                   std::chrono::seconds limit)
{
    return to_document(admin, ask_admin(admin, method, target, limit));
}

admin_document to_document(const admin_access& admin, const admin_reply& reply)
{
    json::error_code error;
    json::value body = json::parse(reply.body, error);
    if (error || !body.is_object())
        throw std::runtime_error(address_of(admin) + ": status " + std::to_string(reply.status) +
                                 ", and no JSON: is this a Fairlead that knows this command?");
    return {reply.status, std::move(body.as_object())};
}

int fail(const admin_document& refused, bool as_json)
{
    if (as_json) std::cout << json::serialize(refused.body) << '\n';
    std::cerr << refusal_text(refused.body);
    return EXIT_FAILURE;
}

} // namespace fairlead::cli
