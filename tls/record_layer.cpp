#include "tls/record_layer.hpp"

#include <algorithm>
#include <array>

namespace fairlead::tls {
namespace {

// RFC 8446 B.2, B.3.
constexpr std::uint8_t unexpected_message = 10;
constexpr std::uint8_t bad_record_mac = 20;
constexpr std::uint8_t record_overflow = 22;
constexpr std::uint8_t illegal_parameter = 47;
constexpr std::uint8_t decode_error = 50;
constexpr std::uint8_t internal_error = 80;
constexpr std::uint8_t user_canceled = 90;
constexpr std::uint8_t new_session_ticket = 4;
constexpr std::uint8_t key_update = 24;

constexpr std::size_t message_header_bytes = 4;

// A peer that sends nothing but these costs work and gives none.
constexpr std::uint8_t most_idle_records = 32;

record_layer::received refused(std::uint8_t alert, std::string_view text) noexcept
{
    return {record_layer::meaning::failed, 0, alert, fault::bad_record, text};
}

record_layer::received out_of_memory() noexcept
{
    return {record_layer::meaning::failed, 0, internal_error, fault::other, "out of memory"};
}

} // namespace

bool record_layer::begin(record_protection& by, cipher_suite suite, bool is_server, const start& to_peer,
                         const start& from_peer) noexcept
{
    is_server_ = is_server;
    if (!by.begin(sending_, suite, to_peer.secret) || !by.begin(receiving_, suite, from_peer.secret))
        return false;
    sending_.sequence = to_peer.records;
    receiving_.sequence = from_peer.records;
    return true;
}

void record_layer::end(record_protection& by) noexcept
{
    by.forget(sending_);
    by.forget(receiving_);
}

record_layer::received record_layer::take(record_protection& by, std::span<const std::uint8_t> record,
                                          std::span<std::uint8_t> out) noexcept
{
    if (record[0] != static_cast<std::uint8_t>(content_type::application_data))
        return refused(unexpected_message, "a record that is not sealed");
    const auto opened = by.open(receiving_, record, out);
    switch (opened.what) {
    case record_protection::verdict::opened: break;
    case record_protection::verdict::forged: return refused(bad_record_mac, "a record was altered");
    case record_protection::verdict::too_long: return refused(record_overflow, "a record is too long");
    case record_protection::verdict::failed: return out_of_memory();
    case record_protection::verdict::empty: return refused(unexpected_message, "a record without a type");
    }
    if (opened.type == content_type::application_data && opened.size > 0) {
        if (ticket_left_ != 0) return refused(unexpected_message, "data within a message");
        idle_records_ = 0;
        return {meaning::data, opened.size};
    }
    if (++idle_records_ > most_idle_records)
        return refused(unexpected_message, "too many records without data");
    const auto inside = std::span<const std::uint8_t>(out).first(opened.size);
    switch (opened.type) {
    case content_type::application_data: return {meaning::data, 0};
    case content_type::alert: return take_alert(inside);
    case content_type::handshake: return take_handshake(by, inside);
    }
    return refused(unexpected_message, "a record of an unknown type");
}

record_layer::received record_layer::take_alert(std::span<const std::uint8_t> alert) noexcept
{
    if (alert.size() != 2) return refused(decode_error, "an alert of a wrong size");
    if (alert[1] == 0) return {meaning::closed};
    if (alert[1] == user_canceled) return {meaning::nothing}; // a close_notify follows
    return {meaning::failed, 0, 0, fault::refused_by_peer, "an alert was received"};
}

record_layer::received record_layer::take_handshake(record_protection& by,
                                                    std::span<const std::uint8_t> messages) noexcept
{
    if (messages.empty()) return refused(unexpected_message, "an empty handshake record");
    while (!messages.empty()) {
        if (ticket_left_ != 0) {
            const std::size_t skipped = std::min<std::size_t>(ticket_left_, messages.size());
            ticket_left_ -= static_cast<std::uint32_t>(skipped);
            messages = messages.subspan(skipped);
            continue;
        }
        if (messages[0] == key_update) return take_key_update(by, messages);
        if (is_server_ || messages[0] != new_session_ticket)
            return refused(unexpected_message, "a handshake message after the handshake");
        // A header in pieces is more than anybody sends.
        if (messages.size() < message_header_bytes) return refused(decode_error, "half a message's header");
        ticket_left_ = std::uint32_t{messages[1]} << 16 | std::uint32_t{messages[2]} << 8 | messages[3];
        messages = messages.subspan(message_header_bytes);
    }
    return {meaning::nothing};
}

// It is the last in its record, since the next one has other keys (RFC 8446 5.1).
record_layer::received record_layer::take_key_update(record_protection& by,
                                                     std::span<const std::uint8_t> rest) noexcept
{
    if (rest.size() != message_header_bytes + 1 || rest[1] != 0 || rest[2] != 0 || rest[3] != 1)
        return refused(decode_error, "a KeyUpdate of a wrong size");
    if (rest[4] > 1) return refused(illegal_parameter, "a KeyUpdate that asks for something unknown");
    owes_update_ = owes_update_ || rest[4] == 1;
    if (!by.update(receiving_)) return out_of_memory();
    return {meaning::nothing};
}

std::size_t record_layer::put(record_protection& by, std::string_view data,
                              std::span<std::uint8_t> out) noexcept
{
    std::size_t before = 0;
    if (owes_update_ || sending_.sequence >= records_per_key) {
        constexpr std::string_view message("\x18\0\0\1\0", 5); // update_not_requested
        before = by.seal(sending_, content_type::handshake, message, out);
        if (before == 0 || !by.update(sending_)) return 0;
        owes_update_ = false;
    }
    const std::size_t size = by.seal(sending_, content_type::application_data, data, out.subspan(before));
    return size == 0 ? 0 : before + size;
}

std::size_t record_layer::put_alert(record_protection& by, std::uint8_t alert,
                                    std::span<std::uint8_t> out) noexcept
{
    constexpr char warning = 1;
    constexpr char fatal = 2;
    const std::array<char, 2> message{alert == 0 ? warning : fatal, static_cast<char>(alert)};
    return by.seal(sending_, content_type::alert, {message.data(), message.size()}, out);
}

} // namespace fairlead::tls
