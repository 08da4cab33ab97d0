// The socket and coroutine types of the proxy, with the executor's concrete type: any_io_executor would cost
// 48 bytes a socket and an indirect call an operation.
//
// One generic stream socket stands for TCP over IPv4 and IPv6 and for Unix streams alike; all are
// non-blocking.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace fairlead::net {

namespace asio = boost::asio;
using boost::system::error_code;

using executor = asio::io_context::executor_type;
using socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;

template <class Value = void>
using task = asio::awaitable<Value, executor>;

// Completes with a tuple that begins with the error_code; nothing throws.
inline constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<executor>{});

} // namespace fairlead::net
