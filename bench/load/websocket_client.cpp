#include "bench/load/websocket_client.hpp"

#include "bench/load/frame.hpp"
#include "bench/load/http_head.hpp"
#include "bench/load/tcp.hpp"

namespace fairlead::bench {

namespace {

const std::string& close_reply()
{
    static const std::string frame = [] {
        std::string text;
        append_frame_header(text, opcode::close, normal_closure.size());
        return text.append(normal_closure);
    }();
    return frame;
}

[[noreturn]] void fail(std::uint64_t number, const char* what)
{
    throw verification_error{"connection " + std::to_string(number) + ": " + what};
}

[[noreturn]] void fail_by_end(std::uint64_t number, const char* how)
{
    throw ended_early{"connection " + std::to_string(number) + ": " + how};
}

bool begins_close(std::string_view bytes) { return bytes.front() == '\x88'; }

} // namespace

websocket_client::websocket_client(const destination& to, std::uint64_t number, poller& events)
    : socket_{dial(to)}
    , number_{number}
{
    events.add(socket_.socket().get(), this);
    socket_.send(upgrade_request(to.host));
}

void websocket_client::send_message(echo_message& message)
{
    if (waiting_ != waiting_for::nothing) fail(number_, "a second message while one is out");
    message_ = &message;
    message.stamp(number_, ++sequence_);
    received_ = 0;
    waiting_ = waiting_for::echo;
    socket_.send(message.masked());
}

void websocket_client::send_close()
{
    static const std::string frame = masked_frame(opcode::close, normal_closure);
    if (waiting_ != waiting_for::nothing) fail(number_, "a Close while a message is out");
    received_ = 0;
    waiting_ = waiting_for::close;
    socket_.send(frame);
}

void websocket_client::expect_close()
{
    if (waiting_ != waiting_for::nothing) fail(number_, "a Close is awaited while a message is out");
    waiting_ = waiting_for::leave;
}

void websocket_client::reset() { reset_on_close(socket_.socket()); }

websocket_client::progress websocket_client::on_event(std::uint32_t epoll_events, std::span<char> scratch)
{
    socket_.flush();
    progress made = progress::none;
    for (;;) {
        const auto bytes = socket_.receive(scratch);
        if (!bytes.empty()) made = take({bytes.data(), bytes.size()});
        if (socket_.has_ended()) return take_end();
        if (!socket_.may_hold_more(bytes.size(), scratch.size(), epoll_events)) return made;
    }
}

websocket_client::progress websocket_client::take(std::string_view bytes)
{
    switch (waiting_) {
    case waiting_for::upgrade: return take_upgrade(bytes);
    case waiting_for::echo: return take_echo(bytes);
    case waiting_for::close: return take_close(bytes);
    case waiting_for::leave: return take_leave(bytes);
    case waiting_for::nothing:
        if (begins_close(bytes)) fail_by_end(number_, "a Close that nobody asked for");
        fail(number_, "bytes that nobody asked for");
    case waiting_for::end: fail(number_, "bytes after the Close");
    }
    return progress::none;
}

websocket_client::progress websocket_client::take_upgrade(std::string_view bytes)
{
    head_ += bytes;
    const auto length = head_length(head_);
    if (!length) return progress::none;
    verify_upgrade_response(std::string_view{head_}.substr(0, *length));
    if (*length != head_.size()) fail(number_, "bytes behind the 101");
    head_ = {};
    waiting_ = waiting_for::nothing;
    return progress::opened;
}

websocket_client::progress websocket_client::take_echo(std::string_view bytes)
{
    if (received_ == 0 && begins_close(bytes)) fail_by_end(number_, "a Close instead of the echo");
    message_->stamp(number_, sequence_); // others used the shared message since
    const auto rest = message_->plain().substr(received_);
    if (bytes.size() > rest.size() && bytes.starts_with(rest) && begins_close(bytes.substr(rest.size())))
        fail_by_end(number_, "a Close right behind the echo");
    if (!rest.starts_with(bytes)) fail(number_, "the echo differs");
    received_ += bytes.size();
    if (received_ < message_->plain().size()) return progress::none;
    waiting_ = waiting_for::nothing;
    return progress::echoed;
}

websocket_client::progress websocket_client::take_close(std::string_view bytes)
{
    if (!std::string_view{close_reply()}.substr(received_).starts_with(bytes))
        fail(number_, "the Close differs");
    received_ += bytes.size();
    if (received_ == close_reply().size()) waiting_ = waiting_for::end;
    return progress::none;
}

// RFC 6455 5.5.1: the status in two bytes, then a reason.
websocket_client::progress websocket_client::take_leave(std::string_view bytes)
{
    head_ += bytes;
    const auto byte = [this](std::size_t at) { return static_cast<std::uint8_t>(head_[at]); };
    if (head_.size() < 2) return progress::none;
    if (byte(0) != 0x88 || byte(1) < 2 || byte(1) > 125) fail(number_, "not a Close with a status");
    const std::size_t size = 2UL + byte(1);
    if (head_.size() < size) return progress::none;
    if (head_.size() > size) fail(number_, "bytes after the Close");
    close_code_ = static_cast<std::uint16_t>(byte(2) << 8 | byte(3));
    socket_.send(masked_frame(opcode::close, std::string_view{head_}.substr(2, 2)));
    head_ = {};
    waiting_ = waiting_for::end;
    return progress::none;
}

websocket_client::progress websocket_client::take_end() const
{
    if (waiting_ != waiting_for::end)
        fail_by_end(number_, socket_.was_reset() ? "reset early" : "ended early");
    return progress::closed;
}

} // namespace fairlead::bench
