// A request that nobody sends: what an operator asks about, as the bytes that a client would send.
//
// ws:// and wss:// ask for a WebSocket, with the fields that takes. Pure. Errors: what is no URL, no field,
// no address; each a sentence. Bounds: 8 KiB in all, 64 fields.
#pragma once

#include "proxy/net/address.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::server {

struct explain_request
{
    std::string url; // "https://chat.example.com/room/7?x=1"
    std::string method = "GET";
    std::vector<std::string> headers = {}; // "Name: value"
    std::string client = {};               // its address, with or without a port; empty: not said
};

struct explain_fault
{
    std::string why;
};

struct imagined_request
{
    std::string bytes; // of the head
    bool is_secure = false;
    bool is_websocket = false;
    std::uint16_t port = 80;
    std::optional<net::ip_port> client;
};

boost::system::result<imagined_request, explain_fault> imagine(const explain_request& asked);

// Of "url=...&method=...&client=...&header=Name:%20value&header=...".
boost::system::result<explain_request, explain_fault> read_explain_query(std::string_view query);

} // namespace fairlead::server
