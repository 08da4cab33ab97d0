#include "bench/load/backend_connection.hpp"

#include "bench/load/frame.hpp"
#include "bench/load/http_head.hpp"
#include "bench/load/tcp.hpp"

#include <map>

namespace fairlead::bench {

bool backend_connection::on_event(std::uint32_t epoll_events, std::span<char> scratch, std::string& reply)
{
    socket_.flush();
    while (!socket_.has_unsent() && speaking_ != speaking::nothing) {
        const auto bytes = socket_.receive(scratch);
        if (socket_.has_ended()) {
            // The proxy closed first and waits in FIN_WAIT2; a RST spares its port the minute of TIME_WAIT.
            reset_on_close(socket_.socket());
            return false;
        }
        reply.clear();
        take({bytes.data(), bytes.size()}, reply);
        if (!reply.empty()) socket_.send(reply);
        if (!socket_.may_hold_more(bytes.size(), scratch.size(), epoll_events)) break;
    }
    if (socket_.was_reset()) return false;
    return socket_.has_unsent() || speaking_ != speaking::nothing;
}

void backend_connection::take(std::string_view bytes, std::string& reply)
{
    if (!partial_.empty()) bytes = partial_.append(bytes);
    std::size_t used = 0;
    while (used < bytes.size()) {
        const auto step = take_one(bytes.substr(used), reply);
        if (step == 0) break;
        used += step;
    }
    std::string rest{bytes.substr(used)}; // a copy first: bytes may be partial_ itself
    partial_ = std::move(rest);
}

std::size_t backend_connection::take_one(std::string_view bytes, std::string& reply)
{
    switch (speaking_) {
    case speaking::http: return take_request(bytes, reply);
    case speaking::websocket: return take_frame(bytes, reply);
    case speaking::nothing: throw verification_error{"bytes behind a Close reached the backend"};
    }
    return 0;
}

std::size_t backend_connection::take_request(std::string_view bytes, std::string& reply)
{
    static std::map<std::size_t, std::string> answers; // by the size of the body
    const auto length = head_length(bytes);
    if (!length) return 0;
    if (is_upgrade_request(bytes.substr(0, *length))) {
        speaking_ = speaking::websocket;
        reply += upgrade_response();
    } else {
        auto& answer = answers[wanted_body_bytes(bytes)];
        if (answer.empty()) answer = get_response(wanted_body_bytes(bytes));
        reply += answer;
    }
    return *length;
}

std::size_t backend_connection::take_frame(std::string_view bytes, std::string& reply)
{
    const auto header = parse_masked_header(bytes);
    if (!header || bytes.size() < header->header_bytes + header->payload_bytes) return 0;
    append_frame_header(reply, header->kind, header->payload_bytes);
    const auto payload_at = reply.size();
    reply.resize(payload_at + header->payload_bytes);
    apply_mask(header->key, bytes.substr(header->header_bytes, header->payload_bytes),
               reply.data() + payload_at);
    if (header->kind == opcode::close)
        speaking_ = speaking::nothing; // the server closes TCP first (RFC 6455 7.1.1)
    return header->header_bytes + header->payload_bytes;
}

} // namespace fairlead::bench
