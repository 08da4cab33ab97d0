#include "proxy/admin/page_stream.hpp"

#include "proxy/http/error_response.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace fairlead::admin {
namespace {

constexpr std::chrono::seconds write_time{10}; // for a client to take any byte

} // namespace

page_stream::page_stream(net::stream& client, net::deadline& limit, std::string head_lines, bool is_chunked)
    : client_(client)
    , limit_(limit)
    , timer_(client.lowest_layer().get_executor())
    , head_lines_(std::move(head_lines))
    , is_chunked_(is_chunked)
{}

net::task<bool> page_stream::send(net::stream::pieces pieces)
{
    if (is_over_) co_return false;
    const net::error_code error = co_await client_.write(pieces, limit_, write_time);
    if (error) end();
    co_return !error;
}

net::task<bool> page_stream::begin(std::string_view content_type)
{
    std::string head = "HTTP/1.1 200 OK\r\n" + head_lines_ + "Content-Type: " + std::string(content_type) +
                       "\r\nConnection: close\r\n";
    if (is_chunked_) head += "Transfer-Encoding: chunked\r\n";
    head += "\r\n";
    has_begun_ = true;
    const net::stream::pieces pieces{head};
    co_return co_await send(pieces);
}

net::task<> page_stream::refuse(const page_answer& why)
{
    const std::string head = "HTTP/1.1 " + std::to_string(why.status) + " " +
                             std::string(http::reason_phrase(why.status)) + "\r\n" + head_lines_ +
                             "Content-Type: " + std::string(why.type) +
                             "\r\nContent-Length: " + std::to_string(why.body.size()) +
                             "\r\nConnection: close\r\n" + why.header_lines + "\r\n";
    const net::stream::pieces whole{head, why.body};
    (void)co_await send(whole);
}

net::task<bool> page_stream::write(std::string_view bytes)
{
    if (!is_chunked_) {
        const net::stream::pieces whole{bytes};
        co_return co_await send(whole);
    }
    std::array<char, 20> size{};
    char* end = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    const std::string_view line(size.data(), static_cast<std::size_t>(end - size.data()));
    const net::stream::pieces chunk{line, bytes, std::string_view("\r\n")};
    co_return co_await send(chunk);
}

net::task<> page_stream::write_end()
{
    if (!has_begun_ || !is_chunked_) co_return;
    const net::stream::pieces last{std::string_view("0\r\n\r\n")};
    (void)co_await send(last);
}

net::task<bool> page_stream::wait(std::chrono::milliseconds at_most)
{
    if (!is_over_ && !is_finishing_ && !std::exchange(is_awake_, false)) {
        timer_.expires_after(at_most);
        (void)co_await timer_.async_wait(net::as_result);
        is_awake_ = false;
    }
    co_return !is_over_ && !is_finishing_;
}

void page_stream::wake() noexcept
{
    is_awake_ = true;
    timer_.cancel();
}

void page_stream::finish() noexcept
{
    is_finishing_ = true;
    wake();
}

void page_stream::end() noexcept
{
    is_over_ = true;
    wake();
}

} // namespace fairlead::admin
