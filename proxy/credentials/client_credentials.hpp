// How the backends of one pool are verified and what is shown to them, from files that are watched.
//
// What is bad, or gone, leaves what was read before in force. Lifetime: with the pool.
// Thread: context() is for any; all else is the control thread's, and blocks while files are read.
#pragma once

#include "conf/model.hpp"
#include "proxy/credentials/kept_certificate.hpp"
#include "proxy/credentials/process_secrets.hpp"
#include "proxy/credentials/refresh_report.hpp"
#include "proxy/credentials/server_credentials.hpp"
#include "tls/client_context.hpp"
#include "tls/context_slot.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::credentials {

class client_credentials
{
public:
    // `pool` has tls. What does not load is told by problems(), each beginning with a path or the pool's
    // name; it is not to be used then.
    client_credentials(const conf::pool_options& pool, const conf::tls_options& options,
                       process_secrets& secrets, tls::wall_time now);
    client_credentials(const client_credentials&) = delete;
    client_credentials& operator=(const client_credentials&) = delete;

    // What the next handshake goes by; never null once it has loaded.
    std::shared_ptr<const tls::client_context> context() const { return context_.current(); }

    refresh_report refresh(tls::wall_time now);

    const std::vector<std::string>& problems() const noexcept { return problems_; }
    const std::vector<std::string>& warnings() const noexcept { return warnings_; }
    std::vector<certificate_state> certificates() const;
    std::vector<std::string> files() const; // that were read, for a watch

private:
    bool refresh_files(tls::wall_time now);
    void rebuild();
    void collect_warnings();

    std::string pool_;
    conf::pool_tls_options options_;
    bool ktls_;
    std::shared_ptr<tls::key_log> key_log_;
    std::optional<kept_certificate> own_;
    std::string ca_; // PEM
    tls::context_slot<tls::client_context> context_;
    std::vector<std::string> news_;
    std::vector<std::string> problems_;
    std::vector<std::string> warnings_;
};

} // namespace fairlead::credentials
