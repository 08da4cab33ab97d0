// What all contexts of the process share and what outlives configurations: the keys of session tickets, and
// the key log.
//
// Blocks while files are read. Thread: the control thread's; what it hands out is for any. Problems begin
// with a path.
#pragma once

#include "conf/tls_options.hpp"
#include "tls/key_log.hpp"
#include "tls/ticket_keys.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace fairlead::credentials {

class process_secrets
{
public:
    process_secrets(); // own keys of tickets

    // What is wrong with the file of ticket keys that the options name; empty: nothing.
    static std::string problem_of_ticket_file(const conf::tls_options& options);

    // From now on ticket keys are those that the options say. A problem changes nothing.
    std::string adopt(const conf::tls_options& options);

    // Reads the file of ticket keys again, and replaces own keys that are old enough. Call it every few
    // seconds and when files change. A problem leaves the keys as they are.
    std::string refresh();

    // The same object always, so that contexts stay good when keys change; null: the options want no
    // resumption.
    std::shared_ptr<tls::ticket_keys> tickets_for(const conf::tls_options& options) const;

    // The log that the options name, opened once; null: none. Throws std::system_error when it cannot be
    // opened.
    std::shared_ptr<tls::key_log> key_log_for(const conf::tls_options& options);

    const std::string& warning() const noexcept { return warning_; } // about the file of ticket keys
    const std::string& ticket_file() const noexcept { return options_.ticket_keys; } // empty: own keys

private:
    std::string read_file(const std::string& path);

    conf::tls_options options_;
    std::uint64_t read_ = 0; // digest of the file's content
    std::string warning_;
    std::shared_ptr<tls::ticket_keys> tickets_;
    std::string key_log_path_;
    std::weak_ptr<tls::key_log> key_log_; // closed with the last context that writes to it
};

} // namespace fairlead::credentials
