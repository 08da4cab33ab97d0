// Input: turns of a client and a backend after the 101 (see turns.hpp): C and B send, E and X end, I asks
// the relay to close, T lets time pass so that it pings, P has the client answer the last ping; a J in
// front judges frames. What either side gets is what the other sent, and what the relay puts in stands
// between two frames (RFC 6455 5.4, 5.5).
#include "proxy/websocket/relay.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/socket_end.hpp"
#include "test/fuzz/turns.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;
using fuzz::socket_end;

// Frames as the RFC draws them; behind one whose length cannot be there are no more.
std::vector<std::string_view> whole_frames(std::string_view& stream)
{
    const auto byte = [&stream](std::size_t at) { return static_cast<unsigned char>(stream[at]); };
    std::vector<std::string_view> out;
    while (stream.size() >= 2) {
        const std::uint64_t kind = byte(1) & 0x7f;
        const std::size_t extended = kind == 127 ? 8 : kind == 126 ? 2 : 0;
        const std::size_t head = 2 + extended + (byte(1) >> 7) * 4U;
        if (stream.size() < head) break;
        std::uint64_t length = extended == 0 ? kind : 0;
        for (std::size_t i = 0; i < extended; ++i)
            length = length << 8 | byte(2 + i);
        if (length > stream.size() - head) break;
        out.push_back(stream.substr(0, head + static_cast<std::size_t>(length)));
        stream.remove_prefix(out.back().size());
    }
    return out;
}

bool is_own_ping(std::string_view frame)
{
    return static_cast<unsigned char>(frame[0]) == 0x89 && (frame[1] & 0x7f) == 8;
}

bool is_own_close(std::string_view frame)
{
    return static_cast<unsigned char>(frame[0]) == 0x88 && (frame[1] & 0x7f) >= 2;
}

struct passage
{
    std::size_t own_pings = 0;
    bool has_own_close = false;
    std::size_t missing = 0; // bytes of what was sent
};

// `swallowed` is a frame that was sent to answer the relay's ping, or empty.
passage compare(std::string_view sent, std::string_view got, const std::string& swallowed)
{
    passage out;
    std::string_view sent_rest = sent, got_rest = got;
    const auto frames = whole_frames(sent_rest);
    std::size_t next = 0;
    const auto skip_swallowed = [&] {
        while (next < frames.size() && !swallowed.empty() && frames[next] == swallowed)
            ++next;
    };
    for (const std::string_view each : whole_frames(got_rest)) {
        require(!out.has_own_close, "nothing follows the relay's Close");
        if (next < frames.size() && frames[next] == each) {
            ++next;
            continue;
        }
        skip_swallowed();
        if (next < frames.size() && frames[next] == each) {
            ++next;
        } else if (is_own_ping(each)) {
            ++out.own_pings;
        } else {
            require(is_own_close(each), "what nobody sent is a control frame of the relay's");
            out.has_own_close = true;
        }
    }
    if (got_rest.empty()) skip_swallowed();
    std::string_view left = next < frames.size()
                                ? sent.substr(static_cast<std::size_t>(frames[next].data() - sent.data()))
                                : sent_rest;
    if (!left.starts_with(got_rest) && next < frames.size()) {
        skip_swallowed();
        left = next < frames.size() ? sent.substr(static_cast<std::size_t>(frames[next].data() - sent.data()))
                                    : sent_rest;
    }
    require(left.starts_with(got_rest), "a frame arrives as it was sent");
    require(got_rest.empty() || !out.has_own_close, "and none is begun behind the relay's Close");
    out.missing = left.size() - got_rest.size();
    return out;
}

class tunnel_bench final : public websocket::tunnel_observer
{
public:
    explicit tunnel_bench(bool judges)
        : is_judging_(judges)
    {
        const auto to_client = fuzz::connected_pair();
        const auto to_backend = fuzz::connected_pair();
        client_ = std::make_unique<socket_end>(to_client.theirs);
        backend_ = std::make_unique<socket_end>(to_backend.theirs);
        websocket::tunnel_start begin;
        begin.client.fd = to_client.ours;
        begin.backend.fd = to_backend.ours;
        begin.origin = boost::intrusive_ptr<websocket::tunnel_origin>(new websocket::tunnel_origin);
        begin.origin->cells = &cells_;
        auto& policy = begin.origin->policy;
        policy.alive = {.ping_every = 10, .pong_timeout = 1'000};
        policy.close_timeout = 10;
        if (judges) {
            policy.from_client = {.max_frame = 100, .max_message = 300, .enforce = true};
            policy.from_backend = policy.from_client;
        }
        require(relay_.launch(std::move(begin)), "a tunnel begins");
        settle();
    }

    void play(const fuzz::turn& next)
    {
        switch (next.who) {
        case 'B': backend_->send(next.bytes); break;
        case 'E': client_->end(); break;
        case 'X': backend_->end(); break;
        case 'I': (void)relay_.close_oldest(1, {}); break;
        case 'T':
            pass_time();
            client_->send(next.bytes);
            break;
        case 'P':
            answer_ping();
            client_->send(next.bytes);
            break;
        default: client_->send(next.bytes); break;
        }
        settle();
    }

    void check_and_end()
    {
        const passage to_backend = compare(client_->sent, backend_->got, pong_);
        const passage to_client = compare(backend_->sent, client_->got, {});
        for (const passage& each : {to_backend, to_client}) {
            // A header, or a pong, may wait for its end where frames are looked at.
            const std::size_t held = is_judging_ || has_pinged_ ? 14 + 8 : 0;
            require(ended_ != 0 || was_closed_ || each.has_own_close || each.missing <= held,
                    "what was sent arrives while the tunnel lives");
        }
        client_->close();
        backend_->close();
        settle();
        for (int i = 0; i < 2 && ended_ == 0; ++i)
            pass_time();
        require(ended_ == 1 && relay_.size() == 0, "a tunnel that both have left ends, once");
    }

    void tunnel_ended(const websocket::tunnel& which) noexcept override
    {
        ++ended_;
        was_closed_ = which.end.cause != websocket::end_cause::none;
    }

private:
    static constexpr net::milliseconds_count silence_ms = 1'200;

    void settle()
    {
        bool goes_on = true;
        while (goes_on) {
            io_.restart();
            goes_on = io_.poll() > 0;
            goes_on = client_->receive() || goes_on;
            goes_on = backend_->receive() || goes_on;
        }
    }

    void pass_time()
    {
        has_pinged_ = true;
        now_ += silence_ms;
        wheel_.advance(now_);
        settle();
    }

    // With a masking key of zeros, between two frames of its own.
    void answer_ping()
    {
        std::string_view got = client_->got;
        for (const std::string_view each : whole_frames(got)) {
            if (is_own_ping(each) && each.size() == 10)
                pong_ = std::string("\x8a\x88\0\0\0\0", 6).append(each.substr(2));
        }
        std::string_view sent = client_->sent;
        (void)whole_frames(sent);
        if (!sent.empty() || pong_.empty()) return;
        client_->send(pong_);
        settle();
    }

    boost::asio::io_context io_{1};
    net::milliseconds_count now_ = net::steady_now_ms();
    net::timer_wheel wheel_{now_};
    metrics::worker_cells worker_;
    metrics::tunnel_cells cells_;
    websocket::relay relay_{io_, wheel_, worker_, *this, {}};
    std::unique_ptr<socket_end> client_;
    std::unique_ptr<socket_end> backend_;
    std::string pong_;
    const bool is_judging_;
    bool has_pinged_ = false;
    bool was_closed_ = false;
    int ended_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view input(reinterpret_cast<const char*>(data), size);
    const int before = fuzz::lowest_free_descriptor();
    {
        const bool judges = input.starts_with('J');
        if (judges) input.remove_prefix(1);
        tunnel_bench bench(judges);
        fuzz::turns all(input);
        while (const auto next = all.next())
            bench.play(*next);
        bench.check_and_end();
    }
    require(fuzz::lowest_free_descriptor() == before, "every descriptor is closed");
    return 0;
}
