// What GET and DELETE /connections ask for: which tunnels, in which order, and which page of them.
//
//   id=  route=  pool=  backend=POOL/ADDRESS  listener=ADDRESS   the one of that name
//   client=  source=       an address or a CIDR block
//   min_age=  idle=        open, or without data, for at least that long
//   sort=age|bytes|messages|rtt|idle   the most first; order=asc the least first
//   limit=  offset=        a page: at most 1,000, of the first 10,000
//
// The series of /metrics/connections: the same filters, by= for sort=, the most first, and top= of them, 100
// by default and 10,000 at most.
//
// To close takes a filter instead of an order and a page, or all=1, and code=, which both sides are sent.
//
// Pure. Errors: told in words, for a 400.
#pragma once

#include "conf/values.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::server {

enum class connection_order : std::uint8_t
{
    age,
    bytes,
    messages,
    rtt,
    idle
};

struct connection_query
{
    static constexpr std::size_t most_on_a_page = 1'000;
    static constexpr std::size_t deepest = 10'000; // offset and limit together

    std::optional<std::string> id;
    std::optional<std::string> route;
    std::optional<std::string> pool;
    std::optional<std::string> backend; // an address, in `pool`
    std::optional<std::string> listener;
    std::optional<conf::cidr> client;
    std::optional<conf::cidr> source;
    conf::duration min_age{0};
    conf::duration min_idle{0};
    connection_order sort = connection_order::age;
    bool is_ascending = false;
    std::size_t limit = 100;
    std::size_t offset = 0;
    std::uint16_t close_code = 0; // 0: they are looked at
};

struct connection_query_result
{
    connection_query query;
    std::string problem; // empty: none
};

connection_query_result read_connection_query(std::string_view query);
connection_query_result read_top_query(std::string_view query);
connection_query_result read_close_query(std::string_view query);

} // namespace fairlead::server
