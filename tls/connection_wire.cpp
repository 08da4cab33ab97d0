// A connection's way to the kernel and back.
#include "tls/connection_state.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <sys/socket.h>

namespace fairlead::tls {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

} // namespace

connection::use::use(connection& by, std::size_t fetch_most) noexcept
    : by_(by)
    , wire_(*by.wire_)
{
    ERR_clear_error(); // the queue is the thread's
    assert(wire_.user_ == nullptr);
    wire_.user_ = &by;
    wire_.fetch_most_ = std::clamp<std::size_t>(fetch_most, 4'096, wire::in_bytes);
    wire_.is_drained_ = false;
    wire_.out_size_ = wire_.record_left_ = 0;
    wire_.came_ = {};
    before_ = std::move(by.unread_);
    if (before_) wire_.came_ = *before_;
}

connection::use::~use()
{
    by_.send_gathered();
    wire_.user_ = nullptr;
    if (wire_.came_.empty()) return;
    if (before_ && wire_.came_.data() == before_->data()) {
        by_.unread_ = std::move(before_);
        return;
    }
    try {
        by_.unread_ = std::make_unique<std::vector<std::uint8_t>>(wire_.came_.begin(), wire_.came_.end());
    } catch (const std::bad_alloc&) {
        (void)by_.fail(fault::other); // a gap in the stream
    }
}

std::size_t size_of_record(std::span<const std::uint8_t> bytes) noexcept
{
    constexpr std::uint8_t first_type = 20; // RFC 8446 B.1
    constexpr std::uint8_t last_type = 23;
    if (bytes.empty()) return 0;
    if (bytes[0] < first_type || bytes[0] > last_type) return bytes.size();
    if (bytes.size() < record_header_bytes) return 0;
    const std::size_t size = record_header_bytes + (std::size_t{bytes[3]} << 8 | bytes[4]);
    return bytes[1] == 3 && size <= record_room ? size : bytes.size();
}

// The size of the whole record that begins what came; 0: more of it has to come.
std::size_t connection::record_at_hand() noexcept
{
    for (;;) {
        const std::size_t size = size_of_record(wire_->came_);
        if (size != 0 && wire_->came_.size() >= size) return size;
        if (!fetch()) return 0;
    }
}

// A short read emptied the socket, so the look that would find it empty is spared: new bytes make an event.
bool connection::fetch() noexcept
{
    if (wire_->is_drained_ || saw_end_ || receive_error_ != 0 || !wire_->has_socket_) return false;
    // Less than a record, whatever it lay in.
    const std::size_t before = wire_->came_.size();
    assert(before <= record_room);
    if (before != 0) std::memmove(wire_->in_.data(), wire_->came_.data(), before);
    wire_->came_ = std::span(wire_->in_).first(before);
    const ssize_t count = ::recv(fd_, wire_->in_.data() + before, wire_->fetch_most_, 0);
    if (count > 0) {
        const auto size = static_cast<std::size_t>(count);
        wire_->came_ = std::span(wire_->in_).first(before + size);
        wire_->is_drained_ = size < wire_->fetch_most_;
        if (is_first_) look_for_http(wire_->came_.subspan(before));
        return true;
    }
    if (count == 0)
        saw_end_ = true;
    else if (would_block(errno))
        wire_->is_drained_ = true;
    else
        receive_error_ = errno;
    return false;
}

// A request begins with a method and a space (RFC 9112 3), and methods that are in use are capital letters;
// an answer with "HTTP/" (RFC 9112 4). A banner of another protocol, "SSH-2.0-...", may begin like one.
void connection::look_for_http(std::span<const std::uint8_t> came) noexcept
{
    const auto is_capital = [](std::uint8_t c) { return c >= 'A' && c <= 'Z'; };
    const auto end = std::ranges::find_if_not(came, is_capital);
    const bool has_begun = is_plain_ || end != came.begin();
    is_first_ = end == came.end();
    const std::uint8_t behind = SSL_is_server(ssl_.get()) == 1 ? ' ' : '/';
    is_plain_ = has_begun && (is_first_ || *end == behind);
}

bool connection::keep_unsent(std::span<const std::uint8_t> records) noexcept
{
    try {
        if (!unsent_) unsent_ = std::make_unique<std::vector<std::uint8_t>>();
        unsent_->insert(unsent_->end(), records.begin(), records.end());
        return true;
    } catch (const std::bad_alloc&) {
        send_error_ = ENOMEM; // a gap in the stream
        return false;
    }
}

// Sends what the call has made; what the kernel does not take is kept.
bool connection::send_gathered() noexcept
{
    std::span<const std::uint8_t> records = std::span(wire_->out_).first(std::exchange(wire_->out_size_, 0));
    if (records.empty() || send_error_ != 0) return send_error_ == 0;
    if (!unsent_) records = records.subspan(send_now(records));
    return send_error_ == 0 && (records.empty() || keep_unsent(records));
}

std::size_t connection::send_now(std::span<const std::uint8_t> records) noexcept
{
    if (!wire_->has_socket_) return 0;
    const ssize_t count = ::send(fd_, records.data(), records.size(), MSG_NOSIGNAL);
    if (count < 0) {
        if (!would_block(errno)) send_error_ = errno;
        return 0;
    }
    sent_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
}

// Whether nothing is left of earlier calls.
bool connection::flush() noexcept
{
    if (!unsent_) return true;
    const std::size_t count = send_now(*unsent_);
    if (count < unsent_->size() && send_error_ == 0) {
        unsent_->erase(unsent_->begin(), unsent_->begin() + static_cast<std::ptrdiff_t>(count));
        return false;
    }
    unsent_.reset();
    return send_error_ == 0;
}

} // namespace fairlead::tls
