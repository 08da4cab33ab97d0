#include "tls/connection.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

#include <sys/socket.h>

namespace fairlead::tls {
namespace {

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// To a few milliseconds, which is all that the record sizes need, and without a call into the kernel.
std::uint32_t coarse_now_ms() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec * 1'000 + now.tv_nsec / 1'000'000);
}

} // namespace

// The wire is this connection's from here to the end of the scope; then what it leaves there is sent, and
// what came and was not taken is kept.
class connection::use
{
public:
    use(connection& by, std::size_t fetch_most) noexcept
        : by_(by)
        , wire_(by.wire_)
    {
        ERR_clear_error(); // the queue is the thread's
        assert(wire_.user_ == nullptr);
        wire_.user_ = &by;
        wire_.fetch_most_ = std::clamp<std::size_t>(fetch_most, 4'096, wire_.in_.size());
        wire_.is_drained_ = false;
        wire_.out_size_ = 0;
        wire_.came_ = {};
        before_ = std::move(by.unread_);
        if (before_) wire_.came_ = *before_;
    }
    use(const use&) = delete;
    use& operator=(const use&) = delete;
    ~use()
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

private:
    connection& by_;
    wire& wire_;
    buffer before_;
};

connection::connection(ssl_handle ssl, int fd, wire& through) noexcept
    : ssl_(std::move(ssl))
    , wire_(through)
    , fd_(fd)
{
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_set_read_ahead(ssl_.get(), 0); // the wire reads ahead
    if ((SSL_get_options(ssl_.get()) & SSL_OP_ENABLE_KTLS) != 0) {
        has_own_way_ = false; // the kernel does records for OpenSSL's own BIO only
        if (SSL_set_fd(ssl_.get(), fd) != 1) (void)fail(fault::other);
        return;
    }
    // The end of TCP is told to OpenSSL as a close_notify, since it would refuse to send any more otherwise;
    // which of the two it was is known here.
    SSL_set_options(ssl_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    BIO_up_ref(wire_.bio_);
    SSL_set_bio(ssl_.get(), wire_.bio_, wire_.bio_);
}

connection::~connection() = default;

std::unique_ptr<connection> connection::accept(const server_context& by, int fd, wire& through) noexcept
{
    ssl_handle ssl(SSL_new(by.native()));
    if (!ssl) return nullptr;
    SSL_set_accept_state(ssl.get());
    return std::unique_ptr<connection>(new (std::nothrow) connection(std::move(ssl), fd, through));
}

std::optional<fault> connection::ended_by() const noexcept
{
    if (end_ == io_state::truncated) return fault::close_notify_missing;
    if (end_ != io_state::failed) return std::nullopt;
    return failure_ ? failure_->what : fault::other;
}

io_result connection::handshake() noexcept
{
    if (is_broken_) return ended();
    if (!flush()) return send_error_ != 0 ? fail(fault::reset) : as_sent(0);
    io_result told;
    {
        const use now(*this, wire::in_bytes);
        told = after(SSL_do_handshake(ssl_.get()));
        const bool could_read_an_alert = !failure_ || failure_->what != fault::plain_http;
        if (!could_read_an_alert) wire_.out_size_ = 0;
    }
    if (told.state == io_state::closed || told.state == io_state::truncated) told = fail(fault::truncated);
    return told.state != io_state::failed && unsent_ ? io_result{0, io_state::want_write} : told;
}

io_result connection::read(std::span<std::uint8_t> into) noexcept
{
    if (end_ != io_state::done) return ended();
    const use now(*this, into.size());
    std::size_t total = 0;
    while (total < into.size()) {
        std::size_t count = 0;
        const int returned = SSL_read_ex(ssl_.get(), into.data() + total, into.size() - total, &count);
        if (returned != 1) {
            const io_result stop = after(returned);
            const bool is_end = stop.state != io_state::want_read && stop.state != io_state::want_write;
            return {total, is_end && total != 0 ? io_state::done : stop.state};
        }
        total += count;
        const bool is_all = has_own_way_ && wire_.is_drained_ && wire_.came_.empty();
        if (is_all && SSL_pending(ssl_.get()) == 0) return {total, io_state::want_read};
    }
    return {total, io_state::done};
}

io_result connection::write(std::span<const std::uint8_t> bytes) noexcept
{
    const std::string_view one(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return write_pieces(std::span(&one, 1));
}

io_result connection::write_pieces(std::span<const std::string_view> pieces) noexcept
{
    if (!flush()) return as_sent(0);
    std::size_t size = 0;
    for (const std::string_view piece : pieces)
        size += piece.size();
    std::size_t taken = 0;
    while (taken < size && !unsent_ && send_error_ == 0) {
        if (is_broken_ || said_goodbye_) return {0, io_state::failed};
        const use now(*this, 0);
        // As many records as the wire holds.
        do {
            const std::string_view block = block_at(pieces, taken, record_size(size - taken));
            std::size_t count = 0;
            const int returned = SSL_write_ex(ssl_.get(), block.data(), block.size(), &count);
            if (returned != 1) {
                const io_result stop = after(returned);
                return {stop.state == io_state::failed ? 0 : taken, stop.state};
            }
            taken += count;
        } while (has_own_way_ && taken < size && wire_.out_size_ <= wire::in_bytes);
    }
    return as_sent(taken);
}

// What the kernel makes records of is retried with as many bytes as before, so their size must not shrink.
std::size_t connection::record_size(std::size_t left) noexcept
{
    if (!has_own_way_) return std::min(left, record_sizing::full_bytes);
    return left <= record_sizing::small_bytes ? left : sizing_.next(left, coarse_now_ms());
}

// The bytes from `at` on in one block: where they are, or gathered.
std::string_view connection::block_at(std::span<const std::string_view> pieces, std::size_t at,
                                      std::size_t size) noexcept
{
    std::size_t gathered = 0;
    for (std::string_view piece : pieces) {
        const std::size_t skip = std::min(at, piece.size());
        at -= skip;
        piece.remove_prefix(skip);
        if (gathered == 0 && piece.size() >= size) return piece.substr(0, size);
        gathered += piece.copy(wire_.gathering_.data() + gathered, size - gathered);
    }
    return {wire_.gathering_.data(), gathered};
}

io_result connection::send_close_notify() noexcept
{
    if (!flush()) return as_sent(0);
    if (!said_goodbye_ && !is_broken_ && SSL_is_init_finished(ssl_.get()) == 1) {
        const use now(*this, 0);
        const int returned = SSL_shutdown(ssl_.get());
        if (returned < 0 && SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_WRITE)
            return {0, io_state::want_write};
        ERR_clear_error();
        said_goodbye_ = true;
    }
    return as_sent(0);
}

io_state connection::peek() noexcept
{
    if (end_ != io_state::done) return end_;
    const use now(*this, 0);
    std::uint8_t byte = 0;
    std::size_t count = 0;
    return after(SSL_peek_ex(ssl_.get(), &byte, 1, &count)).state;
}

bool connection::has_buffered() const noexcept
{
    return unread_ != nullptr || end_ != io_state::done || SSL_pending(ssl_.get()) > 0;
}

std::uint64_t connection::bytes_sent() const noexcept
{
    return has_own_way_ ? sent_ : BIO_number_written(SSL_get_wbio(ssl_.get()));
}

bool connection::has_kernel_tls() const noexcept
{
    return BIO_get_ktls_send(SSL_get_wbio(ssl_.get())) != 0 &&
           BIO_get_ktls_recv(SSL_get_rbio(ssl_.get())) != 0;
}

// For OpenSSL: bytes that came, 0 at the end of TCP, -1 when there are none.
int connection::take(std::uint8_t* into, std::size_t most) noexcept
{
    if (wire_.came_.empty()) fetch();
    const std::size_t count = std::min(most, wire_.came_.size());
    if (count == 0) return saw_end_ ? 0 : -1;
    std::memcpy(into, wire_.came_.data(), count);
    wire_.came_ = wire_.came_.subspan(count);
    return static_cast<int>(count);
}

// A short read emptied the socket, so the look that would find it empty is spared: new bytes make an event.
void connection::fetch() noexcept
{
    if (wire_.is_drained_ || saw_end_ || receive_error_ != 0) return;
    const ssize_t count = ::recv(fd_, wire_.in_.data(), wire_.fetch_most_, 0);
    if (count > 0) {
        wire_.came_ = std::span(wire_.in_).first(static_cast<std::size_t>(count));
        wire_.is_drained_ = wire_.came_.size() < wire_.fetch_most_;
        if (is_first_) is_plain_ = wire_.in_[0] >= 'A' && wire_.in_[0] <= 'Z';
        is_first_ = false;
        return;
    }
    if (count == 0)
        saw_end_ = true;
    else if (would_block(errno))
        wire_.is_drained_ = true;
    else
        receive_error_ = errno;
}

// For OpenSSL: takes all, until the call ends.
bool connection::give(std::span<const std::uint8_t> records) noexcept
{
    if (records.size() > wire_.out_.size() - wire_.out_size_ && !send_gathered()) return false;
    if (unsent_ || records.size() > wire_.out_.size()) return keep_unsent(records);
    std::memcpy(wire_.out_.data() + wire_.out_size_, records.data(), records.size());
    wire_.out_size_ += records.size();
    return true;
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
    std::span<const std::uint8_t> records = std::span(wire_.out_).first(std::exchange(wire_.out_size_, 0));
    if (records.empty() || send_error_ != 0) return send_error_ == 0;
    if (!unsent_) records = records.subspan(send_now(records));
    return send_error_ == 0 && (records.empty() || keep_unsent(records));
}

std::size_t connection::send_now(std::span<const std::uint8_t> records) noexcept
{
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

io_result connection::as_sent(std::size_t count) const noexcept
{
    if (send_error_ != 0) return {0, io_state::failed};
    return {count, unsent_ ? io_state::want_write : io_state::done};
}

// What OpenSSL's call came to; within the call's use of the wire.
io_result connection::after(int returned) noexcept
{
    if (returned == 1) return {0, io_state::done};
    const int error = SSL_get_error(ssl_.get(), returned);
    switch (error) {
    case SSL_ERROR_WANT_READ: return {0, io_state::want_read};
    case SSL_ERROR_WANT_WRITE: return {0, io_state::want_write};
    case SSL_ERROR_ZERO_RETURN: end_ = saw_end_ ? io_state::truncated : io_state::closed; return ended();
    default: break;
    }
    if (!has_own_way_ && error == SSL_ERROR_SYSCALL) receive_error_ = errno;
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

io_result connection::fail(fault why) noexcept
{
    std::string text; // no more to say than the fault itself
    return fail(failure{why, std::move(text)});
}

io_result connection::fail(failure why) noexcept
{
    is_broken_ = true;
    end_ = io_state::failed;
    try {
        failure_ = std::make_unique<const failure>(std::move(why));
    } catch (const std::bad_alloc&) {
        failure_.reset();
    }
    return ended();
}

} // namespace fairlead::tls
