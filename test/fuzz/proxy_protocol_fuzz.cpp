// Input: the first bytes of a connection. A header is the same however it arrives, and what is told on from
// it is what it said.
#include "proxy/http/proxy_protocol.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

namespace {

using namespace fairlead;
using fuzz::require;
using http::parse_status;
using http::proxy_header_result;

proxy_header_result read(const fuzz::pieces& pieces)
{
    std::string got;
    proxy_header_result result;
    for (const auto piece : pieces) {
        got.append(piece);
        result = http::parse_proxy_header(got);
        if (result.status != parse_status::need_more) break;
    }
    return result;
}

void check_same(const proxy_header_result& a, const proxy_header_result& b)
{
    require(a.status == b.status, "a header's verdict does not depend on how it arrives");
    require(a.consumed == b.consumed, "nor does its length");
    require(a.header.ends == b.header.ends, "nor what it says");
}

void check_told_on(const net::connection_ends& ends)
{
    std::string v1, v2;
    http::append_proxy_header_v1(v1, ends);
    http::append_proxy_header_v2(v2, ends);
    for (const auto& written : {v1, v2}) {
        const auto again = http::parse_proxy_header(written);
        require(again.status == parse_status::done, "what is written is a header");
        require(again.consumed == written.size(), "and nothing else");
        require(again.header.ends == ends, "that says the same");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto whole = http::parse_proxy_header(bytes);
    fuzz::for_each_split(bytes, [&](const fuzz::pieces& pieces) { check_same(read(pieces), whole); });
    switch (whole.status) {
    case parse_status::need_more: require(size < http::max_proxy_header_bytes, "a wait is bounded"); break;
    case parse_status::bad: require(!http::reason_of(whole.fault).empty(), "a fault has a reason"); break;
    case parse_status::done:
        require(whole.consumed > 0 && whole.consumed <= size, "a header lies within what came");
        require(whole.consumed <= http::max_proxy_header_bytes, "and within its bound");
        if (whole.header.ends) check_told_on(*whole.header.ends);
        break;
    }
    return 0;
}
