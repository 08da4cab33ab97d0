#include "proxy/cli/npath.hpp"

#include "conf/read_config.hpp"
#include "metrics/registry.hpp"
#include "proxy/cli/check_report.hpp"
#include "proxy/cli/identity.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/log/process_log.hpp"
#include "proxy/net/address.hpp"
#include "proxy/npath/director.hpp"
#include "proxy/server/admin_server.hpp"
#include "proxy/server/listening_socket.hpp"
#include "proxy/server/log_reopening.hpp"
#include "tls/openssl_version.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

namespace fairlead::cli {
namespace {

conf::read_result read_for_npath(const std::string& config_file)
{
    return conf::read_config(config_file, {}, conf::config_purpose::npath);
}

// Abstract names belong to the network namespace, as the tables do, and end with the process (unix(7)).
server::owned_fd lock_namespace()
{
    constexpr char name[] = "\0fairlead-npath";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, sizeof name - 1);
    net::socket_address wanted;
    std::memcpy(&wanted.storage, &address, sizeof address);
    wanted.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + sizeof name - 1);
    server::owned_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(socket.get(), wanted.data(), wanted.size) != 0)
        throw std::runtime_error(
            errno == EADDRINUSE
                ? std::string(
                      "another `fairlead npath` runs in this network namespace; put both configurations "
                      "into one file")
                : std::string("lock: ") + std::strerror(errno));
    return socket;
}

class npath_process
{
public:
    npath_process(std::string config_file, conf::config first, log::line_writer& log)
        : config_file_(std::move(config_file))
        , lock_(lock_namespace())
        , registry_({FAIRLEAD_VERSION, std::string(tls::openssl_version())})
        , director_(io_, first.npath)
        , signals_(io_, SIGTERM, SIGINT, SIGHUP)
        , log_reopening_(io_, {&log})
    {
        config_hash_ = first.text_hash;
        set_lifecycle(true);
        registry_.set_log_drops([&log] { return metrics::log_drops{0, log.dropped()}; });
        registry_.set_npath_states([this] { return director_.report(); });
        admin_ = std::make_unique<server::admin_server>(io_, first, registry_);
    }

    int run();

private:
    void set_lifecycle(bool reload_ok)
    {
        registry_.set_lifecycle({is_ready_, is_stopping_, generation_, reload_ok,
                                 std::chrono::system_clock::now(), config_hash_});
    }
    void wait_for_signal();
    void terminate();
    void reload();

    std::string config_file_;
    server::owned_fd lock_;
    net::asio::io_context io_{1};
    metrics::registry registry_;
    npath::director director_;
    net::asio::signal_set signals_;
    server::log_reopening log_reopening_;
    std::unique_ptr<server::admin_server> admin_;
    std::uint64_t generation_ = 1;
    std::uint64_t config_hash_ = 0;
    bool is_ready_ = false;
    bool is_stopping_ = false;
    int exit_code_ = EXIT_SUCCESS;
};

int npath_process::run()
{
    ::signal(SIGPIPE, SIG_IGN);
    wait_for_signal();
    const auto on_ready = [this] {
        is_ready_ = true;
        set_lifecycle(registry_.current_lifecycle().last_reload_ok);
        spdlog::info("npath: ready");
    };
    const auto on_end = [this](const std::string& failure) {
        if (!failure.empty()) {
            spdlog::error("npath: {}", failure);
            exit_code_ = EXIT_FAILURE;
        }
        io_.stop();
    };
    director_.start(on_ready, on_end);
    io_.run();
    return exit_code_;
}

void npath_process::wait_for_signal()
{
    signals_.async_wait([this](const net::error_code& error, int number) {
        if (error) return;
        if (number == SIGHUP)
            reload();
        else
            terminate();
        wait_for_signal();
    });
}

void npath_process::terminate()
{
    if (is_stopping_) {
        spdlog::warn("second signal: ending at once; what is in the kernel stays there");
        spdlog::default_logger()->flush();
        std::_Exit(EXIT_FAILURE);
    }
    is_stopping_ = true;
    is_ready_ = false;
    set_lifecycle(registry_.current_lifecycle().last_reload_ok);
    director_.stop();
}

void npath_process::reload()
{
    if (is_stopping_) return;
    bool is_applied = false;
    try {
        const conf::read_result read = read_for_npath(config_file_);
        for (const auto& error : read.errors)
            log::report_error_lines(conf::format_error(error));
        if (read.ok()) {
            director_.apply(read.value.npath);
            config_hash_ = read.value.text_hash;
            is_applied = true;
        }
    } catch (const std::exception& failure) {
        spdlog::error("{}", failure.what());
    }
    if (is_applied)
        spdlog::info("reloaded: generation {}", ++generation_);
    else
        spdlog::error("the configuration was not reloaded; generation {} goes on", generation_);
    set_lifecycle(is_applied);
}

} // namespace

int run_npath(const std::string& config_file)
{
    // The child `nft` is what needs the capability.
    const auto needed = [](const conf::config&) {
        return std::vector<server::privilege>{server::privilege::network_tables};
    };
    identified_config started = read_as_configured(
        {[config_file] { return read_for_npath(config_file); }, needed, server::heirs::children});
    conf::read_result& read = started.read;
    if (!print_errors(started)) return EXIT_FAILURE;
    server::forbid_new_privileges();
    log::process_log log(read.value.log);
    log_identity(started);
    npath_process process(config_file, std::move(read.value), log.writer());
    return process.run();
}

int check_npath(const std::string& config_file, bool as_json)
{
    conf::read_result read = read_for_npath(config_file);
    check_report report{config_file, std::move(read.errors), {}, {}, {}};
    std::size_t backend_count = 0;
    for (const auto& each : read.value.npath)
        backend_count += each.backends.size();
    if (report.ok()) report.counts = {{"services", read.value.npath.size()}, {"backends", backend_count}};
    return tell(report, as_json);
}

} // namespace fairlead::cli
