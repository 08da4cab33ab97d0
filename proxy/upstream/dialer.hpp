// Opens one connection to one backend, from the source with the most free tuples.
//
// A name with several addresses is tried from a rotating start, each once. A source whose tuples are in
// foreign use
// (EADDRNOTAVAIL) is set aside for a second and the next one taken; only when all are full does the dial
// fail. The source port is chosen by connect(), which looks at the whole 4-tuple (IP_BIND_ADDRESS_NO_PORT,
// ip(7)).
//
// Completes when: connected, failed, or the pool's connect_timeout has passed for an address. Thread: the
// worker's.
#pragma once

#include "conf/model.hpp"
#include "metrics/cells.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/connection.hpp"
#include "proxy/upstream/pool.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>

namespace fairlead::upstream {

using dial_result = boost::system::result<connection, metrics::dial_failure>;

class dialer
{
public:
    dialer(net::executor where, net::timer_wheel& wheel)
        : where_(where)
        , wheel_(wheel)
    {}

    net::task<dial_result> dial(const pool& from, std::shared_ptr<backend> to,
                                const conf::socket_options& options, metrics::backend_cells& cells);

private:
    net::task<dial_result> dial_address(const pool& from, conf::ip_address ip, std::uint16_t port,
                                        const conf::socket_options& options);
    net::task<dial_result> dial_unix(const pool& from, const std::string& path);
    net::task<net::error_code> finish_connect(net::stream& pending, conf::duration timeout);

    net::executor where_;
    net::timer_wheel& wheel_;
    std::uint32_t rotation_ = 0; // over the addresses of names
};

} // namespace fairlead::upstream
