// The keys that session tickets are sealed with (RFC 5077 4): the newest seals, all of them open.
//
// Own keys are made at random and replaced after a lifetime; the one before still opens for another, so a
// ticket is good for a lifetime at least. Keys of a file are shared between replicas, so that a client may
// resume at any of them: records of 80 bytes as nginx has them (16 name, 32 HMAC-SHA-256, 32 AES-256-CBC),
// the newest first; whoever writes the file rotates them. Lasting: reloads and new certificates keep them, or
// each would end all resumption. Keys are wiped when they go. Thread: any; takes a mutex, twice in a
// handshake at most.
#pragma once

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

    ticket_keys(std::chrono::seconds lifetime, clock::time_point now); // own
    ~ticket_keys();
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;

    // From now on those of a file, the newest first in it. Error: what is wrong with it, and nothing changed.
    std::optional<std::string> take_file(std::string_view content);
    // From now on own ones; those that were own stay.
    void take_own(std::chrono::seconds lifetime, clock::time_point now);
    // Makes a new own key when the last is as old as its lifetime. Call it now and then.
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
    std::chrono::seconds lifetime_{0}; // 0: from a file
    clock::time_point made_;
};

} // namespace fairlead::tls
