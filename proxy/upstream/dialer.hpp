// Opens one connection to one backend, from the source with the most free tuples.
//
// Where the pool is transparent the source is the client's own address, with a port that the kernel
// chooses or the client's own where it is free; only addresses of the client's family are dialled.
//
// Of a name's addresses the one with the most free tuples is tried first, and four at most that do not
// connect, as address_choice says; those that their checks found down come last. A source port is the
// ledger's, bound before connect() with SO_REUSEADDR (which replaces a TIME_WAIT of its tuple, measured); or,
// where the pool says so, the kernel's, chosen by connect() within the pool's range (ip(7):
// IP_BIND_ADDRESS_NO_PORT, IP_LOCAL_PORT_RANGE). What others use is passed over as tuple_search says. Without
// a free tuple nothing is dialled, and that is logged every ten seconds at most.
//
// Where the pool has TLS, a connection is one when its handshake is done; one that fails is a failure of that
// address.
//
// One that its `stop` ended counts as begun and not as failed.
// Completes when: connected, failed, told to stop, or the pool's connect_timeout has passed for an address,
// and then timeouts.tls_handshake for its handshake. Thread: the worker's.
#pragma once

#include "conf/model.hpp"
#include "metrics/cells.hpp"
#include "proxy/log/report_interval.hpp"
#include "proxy/net/descriptor_room.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/upstream/address_choice.hpp"
#include "proxy/upstream/backend_handshakes.hpp"
#include "proxy/upstream/connection.hpp"
#include "proxy/upstream/dial_stop.hpp"
#include "proxy/upstream/pool.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::upstream {

using dial_result = boost::system::result<connection, metrics::dial_failure>;

// What a dial goes by; all of it outlives the dial.
struct dial_request
{
    const pool& from;
    const conf::socket_options& options;
    metrics::backend_cells& cells;
    const net::connection_ends& ends;               // of the client's connection
    std::string_view before_tls = {};               // goes first, in the clear, where the pool has TLS
    std::optional<tls::fault>* tls_fault = nullptr; // set where that fails
    dial_stop* stop = nullptr;                      // null: nobody ends it
};

// Whether some address of the backend has a free source tuple by our own count, or nobody counts them.
bool has_free_tuple(const pool& from, const backend& to);

class dialer
{
public:
    dialer(net::executor where, net::timer_wheel& wheel, tls::wire& tls_way, net::handshake_gate& gate,
           metrics::tls_cells& tls_cells)
        : where_(where)
        , wheel_(wheel)
        , handshakes_(wheel, tls_way, gate, tls_cells)
    {}

    net::task<dial_result> dial(const dial_request& wanted, std::shared_ptr<backend> to);

    // Whether a dial failed for want of descriptors since this was asked last.
    bool was_short() noexcept { return std::exchange(was_short_, false); }

private:
    net::task<dial_result> dial_address(const dial_request& wanted, snat::tuple_destination to);
    net::task<dial_result> dial_from_sources(const dial_request& wanted, snat::tuple_destination to);
    net::task<dial_result> dial_as_client(const dial_request& wanted, snat::tuple_destination to);
    std::vector<conf::ip_address> addresses_in_order(const pool& from, const backend& to,
                                                     const resolved_set& addresses);
    bool has_failed(const pool& from, const snat::tuple_destination& to, metrics::dial_failure why);
    void report_exhaustion(const pool& from, const snat::tuple_destination& to);
    net::task<dial_result> secure(const dial_request& wanted, const backend& to, dial_result dialled);
    net::task<dial_result> dial_unix(const dial_request& wanted, const std::string& path);
    net::task<net::error_code> finish_connect(const dial_request& wanted, net::stream& pending);
    int open_socket(connection& made, int family, const conf::socket_options& options) noexcept;
    int open_descriptor(int family) noexcept;

    net::executor where_;
    net::timer_wheel& wheel_;
    backend_handshakes handshakes_;
    std::uint32_t rotation_ = 0; // over the addresses of names
    failed_addresses failed_;
    net::descriptor_room room_{net::descriptor_room::user::backend};
    bool was_short_ = false;                                 // of descriptors
    log::report_interval reports_{std::chrono::seconds(10)}; // of what an operator has to mend
};

} // namespace fairlead::upstream
