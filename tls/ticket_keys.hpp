// The keys that session tickets are sealed with (RFC 5077 4): the newest seals, all of them open.
//
// Own keys are made at random and replaced after `rotation`; a ticket is good for at least one and at most
// two rotations. Keys from a file are shared between replicas, so that a client may resume at any of them:
// records of 80 bytes as nginx and HAProxy read them (16 name, 32 HMAC, 32 AES-256), the newest last unless
// said otherwise; whoever writes the file rotates them. Lasting: a reload or new certificates keep them, or
// each would end all resumption. Keys are wiped when they go. Thread: any; takes a mutex, twice in a
// handshake at most.
#pragma once

#include <boost/system/result.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

struct ticket_key
{
    std::array<std::uint8_t, 16> name{};
    std::array<std::uint8_t, 32> hmac{};
    std::array<std::uint8_t, 32> aes{};
};

class ticket_keys
{
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t max_keys = 64; // of a file

    ticket_keys(std::chrono::seconds rotation, clock::time_point now); // own
    ~ticket_keys();
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;

    // From now on those of a file, the newest first in it. Error: what is wrong with it, and nothing changed.
    std::optional<std::string> take_file(std::string_view content);
    // From now on our own.
    void take_own(std::chrono::seconds rotation, clock::time_point now);
    // Makes a new own key when the last is old enough.
    void rotate(clock::time_point now);

    struct opened
    {
        ticket_key key;
        bool is_newest = false; // else the client should get a new ticket
    };
    ticket_key newest() const;
    std::optional<opened> find(const std::array<std::uint8_t, 16>& name) const;

private:
    mutable std::mutex mutex_;
    std::vector<ticket_key> keys_;     // newest first
    std::chrono::seconds rotation_{0}; // 0: from a file
    clock::time_point made_;
};

} // namespace fairlead::tls
