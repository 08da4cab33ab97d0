// The certificates of one listener, from files that are watched, and the context that its next handshakes
// take.
//
// A pair of files that is bad, or gone, leaves what was read of them before in force. Connections and
// handshakes under way keep what they began with. Lifetime: from the first configuration that has the
// listener with these options to the last. Thread: context() is for any; all else is the control thread's,
// and blocks while files are read.
#pragma once

#include "conf/model.hpp"
#include "proxy/credentials/kept_certificate.hpp"
#include "proxy/credentials/process_secrets.hpp"
#include "proxy/credentials/refresh_report.hpp"
#include "tls/context_slot.hpp"
#include "tls/server_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace fairlead::credentials {

// One certificate as metrics tell it.
struct certificate_state
{
    std::string place; // the listener's address, or the pool's name
    std::string file;  // of the chain
    tls::wall_time not_after;
    bool is_refused = false;         // the files hold something that is not in force, for it is bad
    bool is_staple_left_out = false; // there is an OCSP response, and it is not good
};

class server_credentials
{
public:
    // `listener` has tls. What does not load is told by problems(), each beginning with a path; it is not to
    // be used then.
    server_credentials(const conf::listen_options& listener, const conf::tls_options& options,
                       process_secrets& secrets, tls::wall_time now);
    server_credentials(const server_credentials&) = delete;
    server_credentials& operator=(const server_credentials&) = delete;

    // What the next handshake goes by; never null once it has loaded.
    std::shared_ptr<const tls::server_context> context() const { return context_.current(); }

    // Whether it is what that listener would load.
    bool is_of(const conf::listen_options& listener, const conf::tls_options& options) const;

    // Looks at the files again.
    refresh_report refresh(tls::wall_time now);

    const std::vector<std::string>& problems() const noexcept { return problems_; }
    const std::vector<std::string>& warnings() const noexcept { return warnings_; }
    std::vector<certificate_state> certificates() const;
    std::vector<std::string> files() const;   // that were read, for a watch
    std::vector<std::string> folders() const; // that were looked into

private:
    void list_files();
    bool refresh_certificates(tls::wall_time now);
    bool refresh_authorities();
    void rebuild();
    void collect_warnings();

    std::string address_;
    conf::listen_tls_options options_;
    conf::tls_options process_options_;
    std::shared_ptr<tls::ticket_keys> tickets_;
    std::shared_ptr<tls::key_log> key_log_;
    std::vector<kept_certificate> certificates_;
    std::vector<std::string> folders_;
    std::string client_ca_; // PEM
    std::string crl_;
    tls::context_slot<tls::server_context> context_;
    std::vector<std::string> news_;
    std::vector<std::string> problems_;
    std::vector<std::string> warnings_;
};

} // namespace fairlead::credentials
