#include "bench/load/echo_message.hpp"

#include "bench/load/frame.hpp"

#include <cstring>
#include <stdexcept>

namespace fairlead::bench {

echo_message::echo_message(std::size_t payload_bytes)
{
    if (payload_bytes < stamp_bytes) throw std::invalid_argument{"a message needs room for its stamp"};
    std::string payload(payload_bytes, '\0');
    for (std::size_t i = 0; i < payload.size(); ++i)
        payload[i] = static_cast<char>(i * 31 + (i >> 8U));

    append_frame_header(plain_, opcode::binary, payload_bytes);
    plain_payload_ = plain_.size();
    plain_ += payload;
    masked_ = masked_frame(opcode::binary, payload);
    masked_payload_ = masked_.size() - payload_bytes;
}

void echo_message::stamp(std::uint64_t connection, std::uint64_t sequence)
{
    std::memcpy(plain_.data() + plain_payload_, &connection, sizeof connection);
    std::memcpy(plain_.data() + plain_payload_ + sizeof connection, &sequence, sizeof sequence);
    apply_mask(client_mask, {plain_.data() + plain_payload_, stamp_bytes}, masked_.data() + masked_payload_);
}

} // namespace fairlead::bench
