// A connection to an admin listener, plain or TLS, for one request: blocks, with a deadline for each wait.
//
// Errors: std::runtime_error that names the address and says why: it is no address, nobody listens, the
// server cannot be verified, nobody answers in time. Thread: one.
#pragma once

#include "proxy/cli/admin_access.hpp"
#include "proxy/server/listening_socket.hpp"
#include "tls/connection.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::cli {

class admin_channel
{
public:
    admin_channel(const admin_access& at, std::chrono::seconds limit);
    admin_channel(const admin_channel&) = delete;
    admin_channel& operator=(const admin_channel&) = delete;

    void send(std::string_view bytes);         // all of them
    std::size_t receive(std::span<char> into); // 0: the end
    const std::string& address() const noexcept { return address_; }
    const std::string& host() const noexcept { return host_; } // for the field Host
    bool is_unix() const noexcept { return is_unix_; }

private:
    void connect();
    void secure(const admin_access& at);
    void wait_for(short events);
    void wait_as(tls::io_state wants, bool is_write);
    [[noreturn]] void fail(std::string_view why) const;
    [[noreturn]] void fail_tls() const;

    std::string address_; // as it was asked for
    std::string host_;
    bool is_unix_ = false;
    std::chrono::milliseconds limit_;
    server::owned_fd socket_{-1};
    std::unique_ptr<tls::wire> way_;
    std::unique_ptr<tls::connection> tls_; // null: plain
};

} // namespace fairlead::cli
