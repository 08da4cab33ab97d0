#include "proxy/http/body_transfer.hpp"

#include "proxy/net/memory_account.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <charconv>
#include <memory>

namespace fairlead::http {
namespace {

constexpr std::size_t block_bytes = 32UL * 1024;
constexpr std::size_t least_block_bytes = 4UL * 1024; // while memory is short
constexpr unsigned blocks_per_turn = 32;
constexpr unsigned pipes_per_turn = 4;
constexpr std::uint64_t least_to_splice = 64UL * 1024; // less is not worth a pipe

// "1a\r\n" in front of a chunk's payload.
class chunk_line
{
public:
    std::string_view operator()(std::size_t size) noexcept
    {
        const auto end = std::to_chars(text_.data(), text_.data() + 16, size, 16).ptr;
        end[0] = '\r';
        end[1] = '\n';
        return {text_.data(), static_cast<std::size_t>(end + 2 - text_.data())};
    }

private:
    std::array<char, 18> text_;
};

// What one turn writes: head, size line, payload, and what ends the chunk or the message.
class outgoing
{
public:
    explicit outgoing(const body_transfer& what)
        : head_(what.head)
        , to_chunked_(what.to_chunked)
    {}

    bool has_head() const noexcept { return !head_.empty(); }

    net::stream::pieces next(std::string_view data, bool is_last, std::string_view trailers)
    {
        net::stream::pieces out{};
        out[0] = std::exchange(head_, {});
        out[2] = data;
        if (!to_chunked_) return out;
        if (!data.empty()) {
            out[1] = line_(data.size());
            out[3] = "\r\n";
        }
        if (is_last) {
            tail_ = data.empty() ? "0\r\n" : "\r\n0\r\n";
            tail_.append(trailers).append("\r\n");
            out[3] = tail_;
        }
        return out;
    }

private:
    std::string_view head_;
    chunk_line line_;
    std::string tail_;
    bool to_chunked_;
};

bool is_nothing(const net::stream::pieces& pieces) noexcept
{
    for (const std::string_view piece : pieces) {
        if (!piece.empty()) return false;
    }
    return true;
}

// What a body passes through, when it did not all come with its head.
class body_block
{
public:
    body_block() = default;
    body_block(const body_block&) = delete;
    body_block& operator=(const body_block&) = delete;
    ~body_block()
    {
        if (bytes_ != nullptr) net::memory_account::give(metrics::memory_kind::bodies, size_);
    }

    bool is_there() const noexcept { return bytes_ != nullptr; }

    std::span<char> room()
    {
        if (bytes_ == nullptr) {
            size_ = net::memory_account::is_full() ? least_block_bytes : block_bytes;
            bytes_ = std::make_unique_for_overwrite<char[]>(size_);
            net::memory_account::take(metrics::memory_kind::bodies, size_);
        }
        return {bytes_.get(), size_};
    }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

class transfer_run
{
public:
    explicit transfer_run(body_transfer& what)
        : what_(what)
        , decoder_(what.framing)
        , out_(what)
        , input_(what.ahead)
    {}

    net::task<transfer_end> run()
    {
        for (;;) {
            const body_decoder::progress step = decoder_.step(input_);
            if (const transfer_end bad = take(step); bad != transfer_end::complete) co_return bad;
            is_done_ = step.done;
            if (const transfer_end bad = co_await write(step.data); bad != transfer_end::complete)
                co_return bad;
            if (is_done_) co_return finished();
            if (!input_.empty()) continue;
            if (is_to_splice()) {
                if (const transfer_end bad = co_await splice(); bad != transfer_end::complete) co_return bad;
                continue; // with the last of it, or all that could not be spliced
            }
            co_await take_turns();
            if (const transfer_end bad = co_await read(); bad != transfer_end::complete) co_return bad;
            if (is_done_) co_return finished();
        }
    }

private:
    transfer_end take(const body_decoder::progress& step) noexcept
    {
        if (step.fault != chunk_fault::none) return transfer_end::source_malformed;
        input_.remove_prefix(step.consumed);
        if (!block_.is_there()) what_.ahead_used += step.consumed;
        what_.bytes += step.data.size();
        if (what_.counted != nullptr) what_.counted->add(step.data.size());
        return what_.max_bytes != 0 && what_.bytes > what_.max_bytes ? transfer_end::too_large
                                                                     : transfer_end::complete;
    }

    // The head does not wait for a body that is slow to come.
    net::task<transfer_end> write(std::string_view data)
    {
        if (what_.encoder != nullptr) co_return co_await write_encoded(data);
        const bool is_due = !data.empty() || is_done_ || (input_.empty() && out_.has_head());
        if (!is_due) co_return transfer_end::complete;
        const std::string_view trailers =
            what_.drops_trailers ? std::string_view() : std::string_view(decoder_.trailer_lines());
        const net::stream::pieces pieces = out_.next(data, is_done_, trailers);
        if (is_nothing(pieces)) co_return transfer_end::complete;
        const net::error_code error = co_await what_.sink.write(pieces, what_.limit, what_.write_timeout);
        if (!error) co_return transfer_end::complete;
        co_return what_.limit.expired() ? transfer_end::sink_overdue : transfer_end::sink_failed;
    }

    net::task<transfer_end> write_encoded(std::string_view data)
    {
        do {
            const std::string_view piece = data.substr(0, gzip_encoder::step_bytes);
            data.remove_prefix(piece.size());
            const bool is_last = is_done_ && data.empty();
            const auto then = is_last ? gzip_encoder::then::finish : gzip_encoder::then::more;
            std::string_view made;
            if (!piece.empty() || is_last) made = what_.encoder->encode(piece, then);
            const transfer_end bad = co_await send_encoded(made, is_last);
            if (bad != transfer_end::complete) co_return bad;
            if (!piece.empty()) co_await yield();
        } while (!data.empty());
        co_return transfer_end::complete;
    }

    net::task<transfer_end> flush_encoder()
    {
        if (what_.encoder == nullptr || !what_.encoder->holds_back()) co_return transfer_end::complete;
        const std::string_view rest = what_.encoder->encode({}, gzip_encoder::then::flush);
        co_return co_await send_encoded(rest, false);
    }

    net::task<transfer_end> send_encoded(std::string_view data, bool is_last)
    {
        const std::string_view trailers = what_.drops_trailers || !is_last
                                              ? std::string_view()
                                              : std::string_view(decoder_.trailer_lines());
        const net::stream::pieces pieces = out_.next(data, is_last, trailers);
        if (is_nothing(pieces)) co_return transfer_end::complete;
        const net::error_code error = co_await what_.sink.write(pieces, what_.limit, what_.write_timeout);
        if (!error) co_return transfer_end::complete;
        co_return what_.limit.expired() ? transfer_end::sink_overdue : transfer_end::sink_failed;
    }

    // Peers that never make us wait must not keep the worker's other connections waiting.
    net::task<> take_turns()
    {
        if (++blocks_ % blocks_per_turn != 0) co_return;
        co_await yield();
    }

    net::task<> yield()
    {
        constexpr net::asio::use_awaitable_t<net::executor> token{};
        co_await net::asio::post(what_.source.lowest_layer().get_executor(), token);
    }

    net::task<transfer_end> read()
    {
        if (what_.is_stopped != nullptr && *what_.is_stopped) co_return transfer_end::source_failed;
        const std::span<char> room = block_.room();
        net::read_result got = what_.source.try_read(room);
        if (got.error == net::asio::error::would_block) {
            if (const transfer_end bad = co_await flush_encoder(); bad != transfer_end::complete)
                co_return bad;
            what_.limit.arm(what_.read_timeout);
            got = co_await what_.source.read_some(room);
            what_.limit.disarm();
        }
        input_ = {room.data(), got.count};
        if (!got.error) co_return transfer_end::complete;
        if (got.error != net::asio::error::eof || !decoder_.ends_with_stream()) co_return source_error();
        is_done_ = what_.source_ended = true;
        const std::string_view nothing;
        co_return co_await write(nothing);
    }

    // The rest of a large body goes from socket to socket in the kernel, where nobody here has to see it.
    bool is_to_splice() noexcept
    {
        if (decoder_.left_of_length() < least_to_splice || cannot_splice_) return false;
        cannot_splice_ = what_.to_chunked || what_.encoder != nullptr || what_.source.tls() != nullptr ||
                         what_.sink.tls() != nullptr ||
                         (what_.max_bytes != 0 && what_.framing.length > what_.max_bytes);
        return !cannot_splice_;
    }

    net::task<transfer_end> splice()
    {
        cannot_splice_ = true; // again: it has done all, or it cannot
        net::splice_pipe pipe = net::splice_pipe::borrow();
        for (unsigned turn = 1; pipe.is_open() && decoder_.left_of_length() > 0; ++turn) {
            if (what_.is_stopped != nullptr && *what_.is_stopped) co_return transfer_end::source_failed;
            const net::read_result got = what_.source.try_read(pipe, decoder_.left_of_length());
            if (got.error == net::asio::error::would_block) {
                what_.limit.arm(what_.read_timeout);
                const net::error_code error = co_await what_.source.wait_readable();
                what_.limit.disarm();
                if (error) co_return source_error();
                continue;
            }
            if (got.error == net::asio::error::invalid_argument) break;
            if (got.error) co_return source_error();
            decoder_.skip(got.count);
            what_.bytes += got.count;
            if (what_.counted != nullptr) what_.counted->add(got.count);
            if (const transfer_end bad = co_await drain(pipe); bad != transfer_end::complete) co_return bad;
            if (turn % pipes_per_turn == 0) co_await yield();
        }
        co_return transfer_end::complete;
    }

    net::task<transfer_end> drain(net::splice_pipe& pipe)
    {
        for (;;) {
            net::error_code error = what_.sink.try_write(pipe);
            if (error == net::asio::error::would_block)
                error = co_await what_.sink.wait_writable(what_.limit, what_.write_timeout);
            else if (!error)
                co_return transfer_end::complete;
            if (error)
                co_return what_.limit.expired() ? transfer_end::sink_overdue : transfer_end::sink_failed;
        }
    }

    transfer_end source_error() const noexcept
    {
        return what_.limit.expired() ? transfer_end::source_overdue : transfer_end::source_failed;
    }

    transfer_end finished()
    {
        if (block_.is_there()) what_.behind.assign(input_);
        return transfer_end::complete;
    }

    body_transfer& what_;
    body_decoder decoder_;
    outgoing out_;
    std::string_view input_;
    body_block block_;
    unsigned blocks_ = 0;
    bool is_done_ = false;
    bool cannot_splice_ = false;
};

} // namespace

std::optional<transfer_end> transfer_at_once(body_transfer& what) noexcept
{
    const bool has_all =
        what.framing.kind == framing_kind::none ||
        (what.framing.kind == framing_kind::length && what.framing.length <= what.ahead.size());
    const std::size_t size = what.framing.kind == framing_kind::length ? what.framing.length : 0;
    const bool fits = what.max_bytes == 0 || size <= what.max_bytes;
    if (!has_all || !fits || what.to_chunked || what.encoder != nullptr) return std::nullopt;
    what.is_begun = true;
    what.bytes = what.ahead_used = size;
    if (what.counted != nullptr) what.counted->add(size);
    what.unsent = {what.head, what.ahead.substr(0, size)};
    if (is_nothing(what.unsent)) return transfer_end::complete;
    const net::error_code error = what.sink.try_write(what.unsent);
    if (error == net::asio::error::would_block) return std::nullopt;
    return error ? transfer_end::sink_failed : transfer_end::complete;
}

net::task<transfer_end> transfer(body_transfer& what)
{
    if (what.is_begun) {
        const net::error_code error = co_await what.sink.write(what.unsent, what.limit, what.write_timeout);
        if (!error) co_return transfer_end::complete;
        co_return what.limit.expired() ? transfer_end::sink_overdue : transfer_end::sink_failed;
    }
    transfer_run run(what);
    const transfer_end end = co_await run.run();
    co_return end;
}

} // namespace fairlead::http
