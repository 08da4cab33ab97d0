// What a running process answers to a request on its admin listener, as JSON. Blocks, as ask_admin() does.
#pragma once

#include "proxy/cli/admin_client.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace fairlead::cli {

struct admin_document
{
    unsigned status = 0;
    boost::json::object body;
};

// Throws std::runtime_error where ask_admin() does, and when the answer is not JSON.
admin_document ask(const admin_access& admin, std::string_view method, const std::string& target,
                   std::chrono::seconds limit = std::chrono::seconds(10));

// Throws std::runtime_error when the reply is no JSON.
admin_document to_document(const admin_access& admin, const admin_reply& reply);

// Tells what was refused, and returns the exit code for that.
int fail(const admin_document& refused, bool as_json);

} // namespace fairlead::cli
