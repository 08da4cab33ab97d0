// What connection's own files share.
//
// Thread and lifetime: the connection's.
#pragma once

#include "tls/connection.hpp"

#include <memory>
#include <vector>

namespace fairlead::tls {

// What is left of TLS when OpenSSL's connection is gone.
struct connection::alone
{
    record_layer records;
    buffer opened; // what was opened and nobody read yet
};

// The wire is this connection's from here to the end of the scope; then what it leaves there is sent, and
// what came and was not taken is kept.
class connection::use
{
public:
    use(connection& by, std::size_t fetch_most) noexcept;
    use(const use&) = delete;
    use& operator=(const use&) = delete;
    ~use();

private:
    connection& by_;
    wire& wire_;
    buffer before_;
};

// Of one read: a peer that puts a byte into each record must not have 20,000 of them opened in one call.
inline constexpr std::size_t most_records_per_read = 128;

// The size of the record that begins these bytes, with its header, as far as that can be told; 0: not yet.
// What is no record has the size of what there is.
std::size_t size_of_record(std::span<const std::uint8_t> bytes) noexcept;

} // namespace fairlead::tls
