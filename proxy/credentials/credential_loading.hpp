// Loads what a configuration's listeners and pools need of files, and gathers what is wrong with them.
//
// Blocks. Thread: the control thread's. Lifetime: within the building of a service; the configuration and the
// secrets outlive it.
#pragma once

#include "conf/model.hpp"
#include "proxy/credentials/client_credentials.hpp"
#include "proxy/credentials/process_secrets.hpp"
#include "proxy/credentials/server_credentials.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::credentials {

class credential_loading
{
public:
    // `secrets` null: ones of its own, where it is only tried.
    credential_loading(const conf::config& config, process_secrets* secrets);

    // One of `known` that is of this listener and its options, or a new one; null: it speaks plainly.
    std::shared_ptr<server_credentials> load(const conf::listen_options& listener,
                                             std::span<const std::shared_ptr<server_credentials>> known);
    std::shared_ptr<client_credentials> load(const conf::pool_options& pool); // null: plain

    // Throws std::runtime_error, a line with its place for each problem, when there was one.
    void throw_problems() const;

private:
    void add(const conf::source_position& where, const std::string& of, std::string_view problem);

    const conf::config& config_;
    process_secrets own_;
    process_secrets& secrets_;
    tls::wall_time now_;
    std::string problems_;
};

} // namespace fairlead::credentials
