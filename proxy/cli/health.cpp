#include "proxy/cli/health.hpp"

#include "proxy/cli/admin_client.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace fairlead::cli {

namespace {

// Empty: it is ready.
std::string problem_of(const admin_access& admin)
{
    try {
        const admin_reply reply = ask_admin(admin, "GET", "/readyz", std::chrono::seconds(3));
        if (reply.status == 200) return {};
        return address_of(admin) + ": " + reply.body.substr(0, reply.body.find('\n'));
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

} // namespace

int check_health(const admin_access& admin, bool as_json)
{
    const std::string problem = problem_of(admin);
    if (as_json) {
        boost::json::object out;
        out["ready"] = problem.empty();
        if (!problem.empty()) out["error"] = problem;
        std::cout << boost::json::serialize(out) << '\n';
    } else if (!problem.empty()) {
        std::cerr << "not ready: " << problem << '\n';
    }
    return problem.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace fairlead::cli
