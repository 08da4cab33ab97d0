#include "proxy/cli/identity.hpp"

#include "proxy/cli/read_checked.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include <unistd.h>

namespace fairlead::cli {
namespace {

void judge(std::vector<std::string>& out, const std::string& key, const std::string& path)
{
    if (::access(path.c_str(), W_OK) != 0 && errno != ENOENT)
        out.push_back(key + ": " + path + " cannot be written by process.user: " + std::strerror(errno));
    const auto parent = std::filesystem::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        out.push_back(key + ": in " + folder + " process.user cannot make files: " + std::strerror(errno));
}

void judge_socket(std::vector<std::string>& out, const std::string& key, const conf::endpoint& address)
{
    if (address.what == conf::endpoint::kind::unix_path) judge(out, key, address.path);
}

} // namespace

identified_config read_as_configured(const identity_change& change)
{
    identified_config result{change.read(), ""};
    if (!result.read.ok()) return result;
    const auto wanted = server::find_account(result.read.value.process);
    if (!wanted) return result;
    const std::vector<server::privilege> kept = change.needed(result.read.value);
    server::make_admin_folder(result.read.value.admin, *wanted);
    server::become(*wanted, kept, change.heirs);
    result.became = server::describe(*wanted, kept);
    result.read = change.read();
    return result;
}

std::vector<server::privilege> proxy_privileges(const conf::config& config)
{
    return server::needed_privileges(config, server::read_first_free_port());
}

bool print_errors(const identified_config& of)
{
    print_errors(of.read.errors);
    if (of.read.ok()) return true;
    if (!of.became.empty())
        std::cerr << "This was read as process.user, as a reload is: " << of.became << '\n';
    return false;
}

void log_identity(const identified_config& of)
{
    if (!of.became.empty())
        spdlog::info("runs as {}", of.became);
    else if (::geteuid() == 0)
        spdlog::warn("runs as root, with more rights than it needs: [process] user names whom to become");
}

std::vector<std::string> warnings_about_writing(const conf::config& config)
{
    std::vector<std::string> out;
    const auto is_file = [](const std::string& target) { return target.find('/') != std::string::npos; };
    if (is_file(config.log.target)) judge(out, "log.target", config.log.target);
    if (is_file(config.log.access)) judge(out, "log.access", config.log.access);
    if (!config.tls.key_log.empty()) judge(out, "tls.key_log", config.tls.key_log);
    for (const auto& each : config.listeners)
        judge_socket(out, "listen.address", each.address);
    if (config.admin.address) judge_socket(out, "admin.address", *config.admin.address);
    if (config.admin.socket) judge_socket(out, "admin.socket", *config.admin.socket);
    return out;
}

} // namespace fairlead::cli
