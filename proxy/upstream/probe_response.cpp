#include "proxy/upstream/probe_response.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <span>

namespace fairlead::upstream {
namespace {

namespace beast_http = boost::beast::http;

// Gives the parser what is there; need_more when that was not all.
net::error_code feed(boost::beast::flat_buffer& buffer, probe_parser& parser)
{
    net::error_code error;
    const std::size_t used = parser.put(buffer.data(), error);
    buffer.consume(used);
    return error;
}

// The end of the stream is the end of some bodies.
net::task<net::error_code> read_more(net::stream& from, boost::beast::flat_buffer& buffer,
                                     probe_parser& parser)
{
    constexpr std::size_t piece = 4096;
    const std::size_t free = buffer.max_size() - buffer.size();
    net::error_code error = beast_http::error::buffer_overflow;
    if (free == 0) co_return error;
    const auto room = buffer.prepare(std::min(piece, free));
    const std::span<char> into(static_cast<char*>(room.data()), room.size());
    const net::read_result got = co_await from.read_some(into);
    buffer.commit(got.count);
    error = got.error;
    if (error != net::asio::error::eof) co_return error;
    if (!parser.got_some()) co_return error;
    parser.put_eof(error = {});
    co_return error;
}

} // namespace

net::task<net::error_code> read_header(net::stream& from, boost::beast::flat_buffer& buffer,
                                       probe_parser& parser)
{
    for (;;) {
        net::error_code error = feed(buffer, parser);
        if (parser.is_header_done()) co_return net::error_code();
        if (error && error != beast_http::error::need_more) co_return error;
        error = co_await read_more(from, buffer, parser);
        if (error) co_return error;
    }
}

// need_buffer: the body is larger than what is wanted of it.
net::task<net::error_code> read_body(net::stream& from, boost::beast::flat_buffer& buffer,
                                     probe_parser& parser)
{
    while (!parser.is_done()) {
        const std::size_t before = buffer.size();
        net::error_code error;
        if (before != 0) error = feed(buffer, parser);
        if (error && error != beast_http::error::need_more) co_return error;
        if (parser.is_done()) break;
        if (!error && buffer.size() != 0 && buffer.size() < before) continue;
        error = co_await read_more(from, buffer, parser);
        if (error) co_return error;
    }
    co_return net::error_code();
}

} // namespace fairlead::upstream
