// Reads the answer to a check from a stream that may be TLS, with Beast's parser.
//
// Completes when: there, broken, or the buffer is full. Thread: the stream's. Lifetime: the parser, the
// buffer and the stream outlive it. Errors: the stream's, or the parser's; need_buffer is a body that is
// larger than what is wanted of it. Source: RFC 9112 6.3 for a body that ends with the connection.
#pragma once

#include "proxy/net/stream.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace fairlead::upstream {

using probe_parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

net::task<net::error_code> read_header(net::stream& from, boost::beast::flat_buffer& buffer,
                                       probe_parser& parser);
net::task<net::error_code> read_body(net::stream& from, boost::beast::flat_buffer& buffer,
                                     probe_parser& parser);

} // namespace fairlead::upstream
