// A connection that goes on without OpenSSL's: TLS 1.3 after its handshake.
#include "tls/connection_state.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace fairlead::tls {

bool connection::go_on_alone() noexcept
{
    if (alone_) return true;
    if (!watch_ || is_broken_ || said_goodbye_ || SSL_is_init_finished(ssl_.get()) == 0) return false;
    const auto suite = watch_->is_complete();
    if (!suite) {
        watch_->forget();
        watch_.reset();
        return false;
    }
    std::unique_ptr<alone> made(new (std::nothrow) alone);
    if (!made) return false;
    const auto start_of = [](const handshake_watch::direction& way) {
        return record_layer::start{std::span(way.secret).first(way.size), way.records};
    };
    const bool is_server = SSL_is_server(ssl_.get()) == 1;
    if (!made->records.begin(wire_->protection_, *suite, is_server, start_of(watch_->sent()),
                             start_of(watch_->received())))
        return false;
    // Last, since what was taken from OpenSSL cannot be given back.
    if (!keep_what_openssl_has(*made)) return false;
    alone_ = std::move(made);
    ssl_.reset();
    watch_.reset();
    return true;
}

// It has at most what was inside one record, since it is given whole ones only. False: something else.
bool connection::keep_what_openssl_has(alone& by) noexcept
{
    if (const int left = SSL_pending(ssl_.get()); left > 0) {
        std::size_t count = 0;
        try {
            by.opened = std::make_unique<std::vector<std::uint8_t>>(static_cast<std::size_t>(left));
        } catch (const std::bad_alloc&) {
            return false;
        }
        const use now(*this, 0);
        if (SSL_read_ex(ssl_.get(), by.opened->data(), by.opened->size(), &count) != 1 ||
            count != by.opened->size()) {
            (void)fail(fault::other);
            return false;
        }
    }
    if (SSL_has_pending(ssl_.get()) == 0) return true;
    if (by.opened) (void)fail(fault::other);
    return false;
}

io_result connection::read_alone(std::span<std::uint8_t> into, bool one_record) noexcept
{
    const std::span<std::uint8_t> all = into;
    if (buffer& opened = alone_->opened) {
        const std::size_t count = std::min(opened->size(), into.size());
        std::memcpy(into.data(), opened->data(), count);
        into = into.subspan(count);
        if (count < opened->size())
            opened->erase(opened->begin(), opened->begin() + static_cast<std::ptrdiff_t>(count));
        else
            opened.reset();
    }
    const std::size_t most = one_record ? 1 : most_records_per_read;
    for (std::size_t records = 0; !into.empty(); ++records) {
        if (records >= most && into.size() < all.size()) break;
        const std::size_t size = record_at_hand();
        const bool is_whole = size != 0 && wire_->came_.size() >= size;
        if (is_whole) {
            const auto record = wire_->came_.first(size);
            wire_->came_ = wire_->came_.subspan(size);
            if (take_record(record, into)) continue;
        } else if (end_alone() == io_state::want_read) {
            return {all.size() - into.size(), io_state::want_read};
        }
        const std::size_t count = all.size() - into.size();
        return {count, count != 0 ? io_state::done : end_};
    }
    return {all.size() - into.size(), io_state::done};
}

// Whether there is no more for now, or for good.
io_state connection::end_alone() noexcept
{
    if (receive_error_ != 0) {
        (void)fail(fault::reset, std::strerror(receive_error_));
    } else if (saw_end_) {
        end_ = io_state::truncated;
    } else {
        return io_state::want_read;
    }
    return end_;
}

// Opens it into the beginning of `into`, which loses what was filled; false: the stream has ended.
bool connection::take_record(std::span<const std::uint8_t> record, std::span<std::uint8_t>& into) noexcept
{
    const bool fits = into.size() >= record.size();
    const std::span<std::uint8_t> room = fits ? into : std::span<std::uint8_t>(wire_->opened_);
    const record_layer::received got =
        record.size() <= record_room && record.size() > record_header_bytes
            ? alone_->records.take(wire_->protection_, record, room)
            : record_layer::received{record_layer::meaning::failed, 0, 22, fault::bad_record,
                                     "a record is too long"};
    switch (got.what) {
    case record_layer::meaning::nothing: return true;
    case record_layer::meaning::closed: end_ = io_state::closed; return false;
    case record_layer::meaning::failed:
        if (got.alert != 0) put_alert(got.alert);
        (void)fail(got.why, got.text);
        return false;
    case record_layer::meaning::data: break;
    }
    const std::size_t count = std::min(got.size, into.size());
    if (!fits) {
        std::memcpy(into.data(), room.data(), count);
        if (count < got.size && !keep_opened(room.subspan(count, got.size - count))) return false;
    }
    into = into.subspan(count);
    return true;
}

bool connection::keep_opened(std::span<const std::uint8_t> bytes) noexcept
{
    try {
        alone_->opened = std::make_unique<std::vector<std::uint8_t>>(bytes.begin(), bytes.end());
        return true;
    } catch (const std::bad_alloc&) {
        (void)fail(fault::other); // a gap in the stream
        return false;
    }
}

bool connection::put_alone(std::string_view block) noexcept
{
    const auto room = std::span(wire_->out_).subspan(wire_->out_size_);
    const std::size_t size = alone_->records.put(wire_->protection_, block, room);
    if (size == 0) (void)fail(fault::other);
    wire_->out_size_ += size;
    return size != 0;
}

void connection::put_alert(std::uint8_t alert) noexcept
{
    const auto room = std::span(wire_->out_).subspan(wire_->out_size_);
    wire_->out_size_ += alone_->records.put_alert(wire_->protection_, alert, room);
}

} // namespace fairlead::tls
