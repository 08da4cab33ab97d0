// One TLS connection on a non-blocking descriptor, as steps that never wait.
//
// OpenSSL shakes hands. After that, of TLS 1.3, go_on_alone() lets its SSL of 14 KB go: then the records are
// done here (record_layer), with OpenSSL's ciphers, and an idle connection is 400 bytes. Other versions stay
// with OpenSSL. The bytes are moved here either way, through what the thread's connections share (wire): only
// records that the kernel did not take, and those that came and nobody read yet, are kept, until they are
// gone.
//
// It does not own the descriptor, wait, or decide deadlines. Whoever drives it waits for what a step wants
// and repeats the step. Each step says what it moved and what comes next:
//
//   read   {n, done}        `into` is full, or that is as much as one call may cost: there may be more
//          {n, want_read}   that is all there is; wait for an event
//   write  {n, done}        all n are with the kernel
//          {n, want_write}  n were taken; wait, then offer the rest again, or nothing when that was all
//   any    {0, closed}      the peer's close_notify
//          {0, truncated}   its FIN without one
//          {0, failed}      see failed_by(), receive_error() and send_error()
//
// A write of nothing sends what earlier ones left. Bytes that a write did not count are to be offered again,
// unchanged and at least as many (SSL_write(3)). A read that ends after some bytes tells the end the next
// time. Both directions are apart: after the peer's close_notify, or an error in sending, the other works on.
//
// Thread: its wire's, but for compute(). Lifetime: the wire and the descriptor outlive it, but the destructor
// does not use the descriptor. Errors: nothing throws; out of memory is a fault. Source: SSL_read_ex(3), RFC
// 8446 5 and 6.1.
#pragma once

#include "tls/fault.hpp"
#include "tls/handles.hpp"
#include "tls/handshake_watch.hpp"
#include "tls/record_layer.hpp"
#include "tls/record_sizing.hpp"
#include "tls/server_context.hpp"
#include "tls/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fairlead::tls {

enum class io_state : std::uint8_t
{
    done,
    want_read,
    want_write,
    want_turn, // of handshake_to_signature() alone
    closed,
    truncated,
    failed
};

struct io_result
{
    std::size_t count = 0;
    io_state state = io_state::done;
};

class connection
{
public:
    // `ssl` knows its part already (SSL_set_accept_state or SSL_set_connect_state).
    connection(ssl_handle ssl, int fd, wire& through) noexcept;
    // Of a client that comes; null when out of memory.
    static std::unique_ptr<connection> accept(const server_context& by, int fd, wire& through) noexcept;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    io_result handshake() noexcept;

    // The same, but it stops in front of a signature that takes long: want_turn, and has_long_step() then.
    io_result handshake_to_signature() noexcept;

    // A step of the handshake in three, so that another thread may do what takes long, the second:
    //   take_in()       what the peer sent; a result: the step is over with it
    //   compute(aside)  with a wire of that thread that has no socket; nobody else uses this meanwhile
    //   hand_out(told)  what was made goes to the peer; its result is the step's
    // Only where has_long_step() says so.
    bool has_long_step() const noexcept;
    std::optional<io_result> take_in() noexcept;
    io_result compute(wire& aside) noexcept;
    io_result hand_out(io_result told) noexcept;

    // Lets OpenSSL's SSL go where that is possible: ssl() is null then, and no session ticket is taken any
    // more. Whether it is gone.
    bool go_on_alone() noexcept;

    io_result read(std::span<std::uint8_t> into) noexcept;
    io_result write(std::span<const std::uint8_t> bytes) noexcept;
    // One after another; records span them.
    io_result write_pieces(std::span<const std::string_view> pieces) noexcept;

    // After it nothing can be written; the kernel has it when the result is done.
    io_result send_close_notify() noexcept;

    // done: a read would give bytes; want_read: it would not; else how the stream ended. Takes nothing.
    io_state peek() noexcept;

    // A read may give bytes, or the end, without any event of the descriptor.
    bool has_buffered() const noexcept;

    // The failure that ended it, or that its peer left out the close_notify; nothing while all is well.
    std::optional<fault> ended_by() const noexcept;
    const failure* failed_by() const noexcept { return failure_.get(); } // null: none, or an end of TCP
    int receive_error() const noexcept { return receive_error_; }        // errno; 0: TCP did not break
    int send_error() const noexcept { return send_error_; }

    // Taken by the kernel since the beginning: records, not what is in them.
    std::uint64_t bytes_sent() const noexcept;

    // Of records, sent or received, that wait in memory here.
    std::size_t bytes_kept() const noexcept
    {
        return (unsent_ ? unsent_->capacity() : 0) + (unread_ ? unread_->capacity() : 0);
    }

    ssl_st* ssl() noexcept { return ssl_.get(); } // for what the handshake agreed on
    std::string_view version() const noexcept;    // "TLSv1.3"; a literal

private:
    friend struct wire_bio;
    class use;
    using buffer = std::unique_ptr<std::vector<std::uint8_t>>;

    // With OpenSSL.
    io_result read_by_openssl(std::span<std::uint8_t> into) noexcept;
    bool put_by_openssl(std::string_view block, std::size_t& taken, io_result& stop) noexcept;
    bool say_goodbye_by_openssl() noexcept;
    int take(std::uint8_t* into, std::size_t most) noexcept;
    bool give(std::span<const std::uint8_t> records) noexcept;
    io_result after(int returned, bool is_send = false) noexcept;
    io_result compute_here() noexcept;
    void use_wire(wire& other) noexcept;

    // Alone.
    struct alone;
    bool keep_what_openssl_has(alone& by) noexcept;
    io_result read_alone(std::span<std::uint8_t> into, bool one_record) noexcept;
    bool take_record(std::span<const std::uint8_t> record, std::span<std::uint8_t>& into) noexcept;
    bool keep_opened(std::span<const std::uint8_t> bytes) noexcept;
    bool put_alone(std::string_view block) noexcept;
    void put_alert(std::uint8_t alert) noexcept;
    io_state end_alone() noexcept;

    // The way to the kernel and back.
    std::size_t record_at_hand() noexcept;
    bool fetch() noexcept;
    void look_for_http(std::span<const std::uint8_t> came) noexcept;
    bool keep_unsent(std::span<const std::uint8_t> records) noexcept;
    bool send_gathered() noexcept;
    std::size_t send_now(std::span<const std::uint8_t> records) noexcept;
    bool flush() noexcept;

    std::size_t record_size(std::size_t left) noexcept;
    std::string_view block_at(std::span<const std::string_view> pieces, std::size_t at,
                              std::size_t size) noexcept;
    io_result fail(fault why, std::string_view text = {}) noexcept;
    io_result fail(failure why) noexcept;
    io_result as_sent(std::size_t count) const noexcept;
    io_result ended() const noexcept { return {0, end_}; }

    std::unique_ptr<handshake_watch> watch_; // while OpenSSL may be let go; outlives the SSL
    ssl_handle ssl_;
    std::unique_ptr<alone> alone_; // null: with OpenSSL
    wire* wire_;                   // never null
    buffer unsent_;                // records
    buffer unread_;                // records
    std::unique_ptr<const failure> failure_;
    std::uint64_t sent_ = 0;
    int fd_;
    int receive_error_ = 0;
    int send_error_ = 0;
    record_sizing sizing_;
    io_state end_ = io_state::done; // of what comes
    signing signs_ = signing::slow; // of a server
    bool has_own_way_ : 1 = true;   // else OpenSSL uses the descriptor, so that the kernel may do the records
    bool is_broken_ : 1 = false;    // nothing more of TLS may be done
    bool saw_end_ : 1 = false;      // TCP's
    bool said_goodbye_ : 1 = false;
    bool is_first_ : 1 = true;  // nothing came yet, or a part of what may be HTTP's first word
    bool is_plain_ : 1 = false; // what came first is one, as far as it came
};

} // namespace fairlead::tls
