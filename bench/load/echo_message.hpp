// One binary message in both its forms: masked as the client sends it, plain as the echo must come back.
//
// Shared by all connections of a run: stamp() writes the connection and the sequence number into both forms,
// so that a message that reaches the wrong connection, or arrives twice, does not compare equal.
// payload_bytes is at least stamp_bytes. One thread. RFC 6455 5.2 and 5.3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::bench {

class echo_message
{
public:
    static constexpr std::size_t stamp_bytes = 16;

    explicit echo_message(std::size_t payload_bytes);

    void stamp(std::uint64_t connection, std::uint64_t sequence);

    // Whole frames; valid until the next stamp().
    [[nodiscard]] std::string_view masked() const noexcept { return masked_; }
    [[nodiscard]] std::string_view plain() const noexcept { return plain_; }

private:
    std::string masked_;
    std::string plain_;
    std::size_t masked_payload_; // offset of the payload in masked_
    std::size_t plain_payload_;
};

} // namespace fairlead::bench
