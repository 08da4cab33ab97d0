#include "tls/connection.hpp"

#include "tls/connection_state.hpp"
#include "tls/octets.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

namespace fairlead::tls {
namespace {

// To a few milliseconds, which is all that the record sizes need, and without a call into the kernel.
std::uint32_t coarse_now_ms() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec * 1'000 + now.tv_nsec / 1'000'000);
}

} // namespace

connection::connection(ssl_handle ssl, int fd, wire& through) noexcept
    : ssl_(std::move(ssl))
    , wire_(&through)
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
    BIO_up_ref(wire_->bio_);
    SSL_set_bio(ssl_.get(), wire_->bio_, wire_->bio_);
    watch_.reset(new (std::nothrow) handshake_watch(*ssl_));
}

connection::~connection()
{
    if (alone_) alone_->records.end(wire_->protection_);
}

std::unique_ptr<connection> connection::accept(const server_context& by, int fd, wire& through) noexcept
{
    ssl_handle ssl(SSL_new(by.native()));
    if (!ssl) return nullptr;
    SSL_set_accept_state(ssl.get());
    std::unique_ptr<connection> made(new (std::nothrow) connection(std::move(ssl), fd, through));
    if (made) made->signs_ = by.signs();
    return made;
}

io_result connection::handshake() noexcept
{
    if (is_broken_) return ended();
    if (!flush()) return send_error_ != 0 ? fail(fault::reset, std::strerror(send_error_)) : as_sent(0);
    io_result told = compute_here();
    if (told.state == io_state::want_turn) told = compute_here();
    return hand_out(told);
}

io_result connection::handshake_to_signature() noexcept
{
    if (is_broken_) return ended();
    if (!flush()) return send_error_ != 0 ? fail(fault::reset, std::strerror(send_error_)) : as_sent(0);
    return hand_out(compute_here());
}

// Of a server that has sent its Finished only the client's is awaited, which is quick to check; a certificate
// is not.
bool connection::has_long_step() const noexcept
{
    if (!has_own_way_ || is_broken_) return false;
    if (SSL_is_server(ssl_.get()) != 1) return true;
    const bool verifies = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
    if (!watch_ || verifies) return true;
    switch (signs_) {
    case signing::slow: return !watch_->sent().is_finished;
    case signing::by_hello: return watch_->holds_hello();
    case signing::quick: break;
    }
    return false;
}

std::optional<io_result> connection::take_in() noexcept
{
    if (is_broken_) return ended();
    if (!flush()) return send_error_ != 0 ? fail(fault::reset, std::strerror(send_error_)) : as_sent(0);
    const use now(*this, wire::in_bytes);
    (void)record_at_hand();
    return std::nullopt;
}

io_result connection::compute(wire& aside) noexcept
{
    wire& own = *wire_;
    use_wire(aside);
    const io_result told = compute_here();
    use_wire(own);
    return told;
}

void connection::use_wire(wire& other) noexcept
{
    wire_ = &other;
    BIO_up_ref(other.bio_);
    SSL_set_bio(ssl_.get(), other.bio_, other.bio_);
}

io_result connection::compute_here() noexcept
{
    const use now(*this, wire::in_bytes);
    const io_result told = after(SSL_do_handshake(ssl_.get()));
    const bool could_read_an_alert = !failure_ || failure_->what != fault::plain_http;
    if (!could_read_an_alert) wire_->out_size_ = 0;
    return told;
}

io_result connection::hand_out(io_result told) noexcept
{
    (void)flush();
    if (told.state == io_state::closed || told.state == io_state::truncated) told = fail(fault::truncated);
    // No event would tell again that what was made of this step cannot be sent.
    if (send_error_ != 0 && !is_broken_) told = fail(fault::reset, std::strerror(send_error_));
    return told.state != io_state::failed && unsent_ ? io_result{0, io_state::want_write} : told;
}

io_result connection::read(std::span<std::uint8_t> into) noexcept
{
    if (end_ != io_state::done) return ended();
    const use now(*this, into.size());
    return alone_ ? read_alone(into, false) : read_by_openssl(into);
}

io_result connection::write(std::span<const std::uint8_t> bytes) noexcept
{
    const std::string_view one = as_text(bytes);
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
            if (alone_) {
                if (!put_alone(block)) return {0, io_state::failed};
                taken += block.size();
                continue;
            }
            io_result stop;
            if (!put_by_openssl(block, taken, stop)) return stop;
        } while (has_own_way_ && taken < size && wire_->out_size_ <= wire::out_bytes);
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
        gathered += piece.copy(wire_->gathering_.data() + gathered, size - gathered);
    }
    return {wire_->gathering_.data(), gathered};
}

io_result connection::send_close_notify() noexcept
{
    if (!flush()) return as_sent(0);
    if (!said_goodbye_ && !is_broken_ && send_error_ == 0) {
        const use now(*this, 0);
        if (alone_)
            put_alert(0);
        else if (!say_goodbye_by_openssl())
            return {0, io_state::want_write};
        said_goodbye_ = true;
    }
    return as_sent(0);
}

io_state connection::peek() noexcept
{
    if (end_ != io_state::done) return end_;
    const use now(*this, 0);
    if (alone_) {
        if (alone_->opened) return io_state::done;
        const io_result got = read_alone(wire_->opened_, true);
        if (got.count == 0) return got.state;
        return keep_opened(std::span(wire_->opened_).first(got.count)) ? io_state::done : end_;
    }
    std::uint8_t byte = 0;
    std::size_t count = 0;
    return after(SSL_peek_ex(ssl_.get(), &byte, 1, &count)).state;
}

bool connection::has_buffered() const noexcept
{
    if (end_ != io_state::done) return true;
    if (unread_) {
        const std::size_t size = size_of_record(*unread_);
        if (size != 0 && unread_->size() >= size) return true;
    }
    return alone_ ? alone_->opened != nullptr : SSL_pending(ssl_.get()) > 0;
}

std::optional<fault> connection::ended_by() const noexcept
{
    if (end_ == io_state::truncated) return fault::close_notify_missing;
    if (end_ != io_state::failed) return std::nullopt;
    return failure_ ? failure_->what : fault::other;
}

// It goes on alone with TLS 1.3 only.
std::string_view connection::version() const noexcept
{
    return ssl_ ? ::SSL_get_version(ssl_.get()) : "TLSv1.3";
}

std::uint64_t connection::bytes_sent() const noexcept
{
    return has_own_way_ ? sent_ : BIO_number_written(SSL_get_wbio(ssl_.get()));
}

io_result connection::as_sent(std::size_t count) const noexcept
{
    if (send_error_ != 0) return {0, io_state::failed};
    return {count, unsent_ ? io_state::want_write : io_state::done};
}

io_result connection::fail(fault why, std::string_view text) noexcept
{
    try {
        return fail(failure{why, std::string(text)});
    } catch (const std::bad_alloc&) {
        is_broken_ = true;
        end_ = io_state::failed;
        return ended();
    }
}

io_result connection::fail(failure why) noexcept
{
    is_broken_ = true;
    end_ = io_state::failed;
    failure_.reset(new (std::nothrow) const failure(std::move(why)));
    return ended();
}

} // namespace fairlead::tls
