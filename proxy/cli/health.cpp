#include "proxy/cli/health.hpp"

#include "proxy/cli/admin_client.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

namespace fairlead::cli {

int check_health(const std::string& admin_address)
{
    try {
        const admin_reply reply = ask_admin(admin_address, "GET", "/readyz", std::chrono::seconds(3));
        if (reply.status == 200) return EXIT_SUCCESS;
        std::cerr << "not ready: " << admin_address << ": " << reply.body << '\n';
    } catch (const std::exception& failure) {
        std::cerr << "not ready: " << failure.what() << '\n';
    }
    return EXIT_FAILURE;
}

} // namespace fairlead::cli
