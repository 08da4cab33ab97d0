#include "proxy/cli/admin_access.hpp"

#include "conf/admin_options.hpp"
#include "conf/source_file.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <unistd.h>

namespace fairlead::cli {
namespace {

constexpr const char* default_address = "127.0.0.1:9900";

std::string text_of(const std::string& file)
{
    auto read = conf::read_text(file);
    if (!read.problem.empty()) throw std::runtime_error("the token file " + file + " " + read.problem);
    while (read.text.ends_with('\n') || read.text.ends_with('\r'))
        read.text.pop_back();
    return std::move(read.text);
}

std::string environment(const char* name)
{
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// It goes into a line of the request.
std::string checked(std::string token)
{
    for (const char c : token) {
        if (c <= ' ' || c >= 0x7f) throw std::runtime_error("the token is more than one word of ASCII");
    }
    return token;
}

} // namespace

std::string address_of(const admin_access& at)
{
    if (!at.address.empty()) return at.address;
    const std::string socket = conf::default_admin_socket;
    const std::string path = socket.substr(std::string_view("unix:").size());
    return ::access(path.c_str(), R_OK | W_OK) == 0 ? socket : default_address;
}

std::string token_of(const admin_access& at)
{
    if (!at.token_file.empty()) return checked(text_of(at.token_file));
    const std::string named = environment("FAIRLEAD_TOKEN_FILE");
    return checked(named.empty() ? environment("FAIRLEAD_TOKEN") : text_of(named));
}

} // namespace fairlead::cli
