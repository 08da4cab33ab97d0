// A connection whose records are done by OpenSSL: its handshake, and all of it before TLS 1.3.
#include "tls/connection_state.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace fairlead::tls {

io_result connection::read_by_openssl(std::span<std::uint8_t> into) noexcept
{
    std::size_t total = 0;
    for (std::size_t records = 0; total < into.size() && records < most_records_per_read; ++records) {
        std::size_t count = 0;
        const int returned = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &count);
        if (returned != 1) {
            const io_result stop = after(returned);
            const bool is_end = stop.state != io_state::want_read && stop.state != io_state::want_write;
            return {total, is_end && total != 0 ? io_state::done : stop.state};
        }
        total += count;
        if (!has_own_way_ || !wire_->is_drained_ || SSL_pending(ssl_.get()) > 0) continue;
        const std::size_t next = size_of_record(wire_->came_);
        if (next == 0 || wire_->came_.size() < next) return {total, io_state::want_read};
    }
    return {total, io_state::done};
}

// False: `stop` is how the write ends.
bool connection::put_by_openssl(std::string_view block, std::size_t& taken, io_result& stop) noexcept
{
    std::size_t count = 0;
    const int returned = SSL_write_ex(ssl_.get(), block.data(), block.size(), &count);
    if (returned == 1) {
        taken += count;
        return true;
    }
    stop = after(returned, true);
    stop.count = stop.state == io_state::failed ? 0 : taken;
    return false;
}

bool connection::say_goodbye_by_openssl() noexcept
{
    if (SSL_is_init_finished(ssl_.get()) == 0) return true; // there is nobody to say it to
    const int returned = SSL_shutdown(ssl_.get());
    const bool waits = returned < 0 && SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
    return !waits;
}

// For the BIO: bytes that came, 0 at the end of TCP, -1 when there are none. Only of whole records, so that
// OpenSSL never keeps a part of one.
int connection::take(std::uint8_t* into, std::size_t most) noexcept
{
    if (wire_->record_left_ == 0) wire_->record_left_ = record_at_hand();
    const std::size_t count = std::min(most, wire_->record_left_);
    if (count == 0) return saw_end_ ? 0 : -1;
    std::memcpy(into, wire_->came_.data(), count);
    wire_->came_ = wire_->came_.subspan(count);
    wire_->record_left_ -= count;
    return static_cast<int>(count);
}

// For the BIO: takes all, until the call ends.
bool connection::give(std::span<const std::uint8_t> records) noexcept
{
    if (records.size() > wire_->out_.size() - wire_->out_size_ && !send_gathered()) return false;
    if (unsent_ || records.size() > wire_->out_.size()) return keep_unsent(records);
    std::memcpy(wire_->out_.data() + wire_->out_size_, records.data(), records.size());
    wire_->out_size_ += records.size();
    return true;
}

// What OpenSSL's call came to; within the call's use of the wire.
io_result connection::after(int returned, bool is_send) noexcept
{
    const int system_error = errno;
    if (returned == 1) return {0, io_state::done};
    const int error = SSL_get_error(ssl_.get(), returned);
    switch (error) {
    case SSL_ERROR_WANT_READ: return {0, io_state::want_read};
    case SSL_ERROR_WANT_WRITE: return {0, io_state::want_write};
    case SSL_ERROR_WANT_CLIENT_HELLO_CB: return {0, io_state::want_turn};
    case SSL_ERROR_ZERO_RETURN: end_ = saw_end_ ? io_state::truncated : io_state::closed; return ended();
    default: break;
    }
    const bool is_receive_well = receive_error_ == 0 && !saw_end_;
    if (has_own_way_)
        is_send = send_error_ != 0 && is_receive_well; // known, be it of a read that had to answer
    if (error == SSL_ERROR_SYSCALL && is_send) {
        // What comes is not touched by it.
        if (send_error_ == 0) send_error_ = system_error != 0 ? system_error : EPIPE;
        return {0, io_state::failed};
    }
    if (!has_own_way_ && error == SSL_ERROR_SYSCALL) receive_error_ = system_error;
    const bool is_handshake = SSL_is_init_finished(ssl_.get()) == 0;
    try {
        failure why = failure_of(*ssl_, error, receive_error_, is_handshake);
        const bool is_end = why.what == fault::close_notify_missing || why.what == fault::truncated;
        if (is_end && !is_handshake) {
            is_broken_ = true;
            end_ = io_state::truncated;
            return ended();
        }
        if (is_plain_ && is_handshake && why.what == fault::garbage) why.what = fault::plain_http;
        return fail(std::move(why));
    } catch (const std::bad_alloc&) {
        return fail(fault::other);
    }
}

} // namespace fairlead::tls
