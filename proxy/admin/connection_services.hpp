// What the connections of all admin listeners share: the pages, deadlines, the counts that bound them.
//
// Shared by pointer: coroutines of connections may be destroyed with their io_context, after the listeners.
// Thread: the main thread's.
#pragma once

#include "proxy/admin/page_table.hpp"
#include "proxy/http/date_line.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/socket.hpp"

#include <cstddef>
#include <set>
#include <utility>
#include <vector>

namespace fairlead::admin {

class page_stream;

inline constexpr std::size_t max_connections = 64; // of each listener
inline constexpr std::size_t max_streams = 32;     // of all

struct connection_services
{
    explicit connection_services(std::vector<page> served)
        : pages(std::move(served))
    {}
    connection_services(const connection_services&) = delete;
    connection_services& operator=(const connection_services&) = delete;

    page_table pages;
    net::timer_wheel wheel{net::steady_now_ms()}; // whoever has connections advances it
    http::date_line date;
    std::size_t connections = 0;
    std::set<page_stream*> streams; // that have not ended
};

} // namespace fairlead::admin
