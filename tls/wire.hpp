// What all TLS connections of one thread share on their way to the kernel: a buffer for records that came,
// one for records that go, and the one BIO by which OpenSSL asks for them.
//
// Each connection uses it for the length of one call, so it costs a connection nothing: no BIO of its own, no
// buffer while nothing is under way. A read takes as many records as there are with one system call, and a
// write sends as many as it makes with one.
//
// Thread: one. Lifetime: outlives its connections. When made, throws std::bad_alloc, or std::runtime_error
// where OpenSSL has not got the ciphers of TLS 1.3.
#pragma once

#include "tls/record_protection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct bio_st;

namespace fairlead::tls {

class connection;

class wire
{
public:
    enum class reach : std::uint8_t
    {
        socket,
        nowhere // for connection::compute(): nothing comes, and what goes is kept by the connection
    };
    explicit wire(reach how = reach::socket);
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;
    ~wire();

private:
    friend class connection;
    friend struct wire_bio;

    static constexpr std::size_t in_bytes = 64UL * 1024;  // of one look into the socket
    static constexpr std::size_t out_bytes = 64UL * 1024; // of one system call, to about a record

    bio_st* bio_;
    bool has_socket_;
    connection* user_ = nullptr;         // whose call it is
    std::span<const std::uint8_t> came_; // not taken by OpenSSL yet
    std::size_t record_left_ = 0;        // of the record at hand, for OpenSSL
    std::size_t out_size_ = 0;
    std::size_t fetch_most_ = 0; // of one look into the socket
    bool is_drained_ = false;    // the socket had less than was asked for
    record_protection protection_;
    std::vector<std::uint8_t> in_;
    std::vector<std::uint8_t> out_;
    std::vector<std::uint8_t> opened_; // what is in a record that does not fit where it is wanted
    std::vector<char> gathering_;      // the pieces of one record
};

} // namespace fairlead::tls
