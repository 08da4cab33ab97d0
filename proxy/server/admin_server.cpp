#include "proxy/server/admin_server.hpp"

#include "proxy/admin/page_stream.hpp"
#include "proxy/credentials/credential_loading.hpp"
#include "proxy/server/admin_pages.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include <sys/stat.h>

namespace fairlead::server {
namespace {

constexpr std::uint32_t backlog = 64;
constexpr std::chrono::seconds certificate_interval{60};
constexpr mode_t folder_mode = 0755;

bool is_unix(const conf::endpoint& address) { return address.what == conf::endpoint::kind::unix_path; }

bool is_for_others(const conf::admin_options& admin)
{
    return admin.address && !is_unix(*admin.address) && !conf::is_loopback(*admin.address);
}

owned_fd open(const conf::endpoint& address, std::uint32_t mode)
{
    if (is_unix(address)) return open_private_socket(address, mode, backlog);
    return std::move(open_listening_sockets(address, 1, backlog).front());
}

} // namespace

admin_server::admin_server(net::asio::io_context& io, const conf::config& config, metrics::registry& metrics,
                           process_control* process)
    : io_(io)
    , ticker_(io)
    , certificate_timer_(io)
    , services_(
          std::make_shared<admin::connection_services>(io.get_executor(), process_pages(metrics, process)))
{
    const conf::admin_options& admin = config.admin;
    metrics.set_admin(services_->cells);
    tls_ = load_admin_certificates(config);
    if (tls_) look_at_certificates();
    if (admin.address) listen(*admin.address, open(*admin.address, admin.socket_mode), config);
    if (admin.socket) listen(*admin.socket, open(*admin.socket, admin.socket_mode), config);
    if (admin.has_default_socket && process != nullptr) listen_on_default_socket(config);
    for (const auto& each : warnings_about_admin(config))
        spdlog::warn("{}", each);
}

// Whoever waits in the gate holds what holds the gate.
admin_server::~admin_server() { services_->gate.shut_down(); }

void admin_server::listen(const conf::endpoint& address, owned_fd socket, const conf::config& config)
{
    const bool is_socket = is_unix(address);
    auto through = std::make_shared<admin::entrance>(admin::entrance{
        address.text, is_socket, admin::access_policy(config.admin, is_socket), is_socket ? nullptr : tls_});
    if (const auto problems = through->access.problems(); !problems.empty())
        throw std::runtime_error("admin: " + problems.front());
    listeners_.push_back(std::make_unique<admin_listener>(io_, std::move(socket),
                                                          is_socket ? address.path : std::string(),
                                                          std::move(through), services_, [this] {
                                                              if (!is_ticking_) look_after_deadlines();
                                                          }));
}

void admin_server::listen_on_default_socket(const conf::config& config)
{
    const conf::endpoint address = *conf::parse_endpoint(conf::default_admin_socket);
    const auto folder = std::filesystem::path(address.path).parent_path();
    if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST) {
        spdlog::info("no admin socket: cannot make {}: {}", folder.string(), std::strerror(errno));
        return;
    }
    try {
        listen(address, open_private_socket(address, config.admin.socket_mode, backlog), config);
    } catch (const std::exception& failure) {
        spdlog::info("no admin socket: {}", failure.what());
    }
}

void admin_server::finish_streams()
{
    for (admin::page_stream* each : services_->streams)
        each->finish();
}

// As long as there are connections.
void admin_server::look_after_deadlines()
{
    services_->wheel.advance(net::steady_now_ms());
    is_ticking_ = services_->connections > 0;
    if (!is_ticking_) return;
    ticker_.expires_after(std::chrono::milliseconds(net::timer_wheel::tick));
    ticker_.async_wait([this](const net::error_code& error) {
        if (!error) look_after_deadlines();
    });
}

void admin_server::look_at_certificates()
{
    certificate_timer_.expires_after(certificate_interval);
    certificate_timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        const auto report = tls_->refresh(std::chrono::system_clock::now());
        for (const auto& each : report.news)
            spdlog::info("admin.tls: {}", each);
        for (const auto& each : report.problems)
            spdlog::error("admin.tls: {}; what was in force before stays", each);
        look_at_certificates();
    });
}

std::shared_ptr<credentials::server_credentials> load_admin_certificates(const conf::config& config)
{
    if (!config.admin.tls || !config.admin.address) return nullptr;
    conf::config about; // which has no tickets: a connection to it is rare, and its handshake whole
    about.files = config.files;
    about.tls = config.tls;
    about.tls.ticket_keys.clear();
    about.tls.ticket_lifetime = conf::duration(0);
    conf::listen_options listener;
    listener.address = *config.admin.address;
    listener.tls = config.admin.tls;
    credentials::credential_loading loading(about, nullptr);
    auto loaded = loading.load(listener, {});
    loading.throw_problems();
    return loaded;
}

std::vector<std::string> warnings_about_admin(const conf::config& config)
{
    const conf::admin_options& admin = config.admin;
    std::vector<std::string> out;
    if (is_for_others(admin) && admin.anonymous != conf::admin_right::none)
        out.push_back("admin.address " + admin.address->text + ": everybody who reaches it may " +
                      (admin.anonymous == conf::admin_right::change && !admin.read_only
                           ? "drain, reload and close connections"
                           : "read metrics and connections, with their clients' addresses"));
    const bool has_tokens = !admin.token_file.empty() || !admin.read_token_file.empty();
    if (is_for_others(admin) && has_tokens && !admin.tls)
        out.push_back("admin.address " + admin.address->text +
                      ": tokens come in the clear; tls keeps them from who listens on the way");
    const admin::access_policy policy(admin, !admin.address || is_unix(*admin.address));
    for (const auto& each : policy.warnings())
        out.push_back("admin: " + each);
    return out;
}

} // namespace fairlead::server
