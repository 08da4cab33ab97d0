#include "proxy/http/trusted_peers.hpp"

#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <charconv>

namespace fairlead::http {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

// The elements of all X-Forwarded-For fields as one list, from its end.
class forwarded_for_backwards
{
public:
    explicit forwarded_for_backwards(const head& request)
        : request_(request)
        , fields_left_(request.count(field_id::x_forwarded) == 0 ? 0 : request.size())
    {}

    std::optional<std::string_view> next()
    {
        for (;;) {
            while (!has_rest_) {
                if (fields_left_ == 0) return std::nullopt;
                const field f = request_[--fields_left_];
                has_rest_ = f.id == field_id::x_forwarded && equal_ignoring_case(f.name, "X-Forwarded-For");
                rest_ = f.value;
            }
            const auto comma = rest_.rfind(',');
            const auto element = without_outer_space(comma == rest_.npos ? rest_ : rest_.substr(comma + 1));
            has_rest_ = comma != rest_.npos;
            if (has_rest_) rest_ = rest_.substr(0, comma);
            if (!element.empty()) return element; // RFC 9110 5.6.1.2
        }
    }

private:
    const head& request_;
    std::size_t fields_left_;
    std::string_view rest_;
    bool has_rest_ = false;
};

} // namespace

bool holds(const conf::peer_list& list, const std::optional<net::ip_port>& peer)
{
    if (!peer) return list.unix_sockets;
    return std::ranges::any_of(list.blocks,
                               [&](const conf::cidr& block) { return conf::contains(block, peer->ip); });
}

std::optional<net::ip_port> parse_forwarded_address(std::string_view text)
{
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos || text.find(':') > end) return std::nullopt;
        const auto behind = text.substr(end + 1);
        if (!behind.empty() && behind.front() != ':') return std::nullopt;
        has_port = !behind.empty();
        if (has_port) port = behind.substr(1);
        text = text.substr(1, end - 1);
    } else if (const auto colon = text.find(':');
               colon != text.npos && text.find(':', colon + 1) == text.npos) {
        has_port = true;
        port = text.substr(colon + 1);
        text = text.substr(0, colon);
    }
    const auto ip = conf::parse_ip_address(text);
    const auto number = has_port ? parse_port(port) : std::optional<std::uint16_t>(0);
    if (!ip || !number) return std::nullopt;
    return net::ip_port{net::unmapped(*ip), *number};
}

std::optional<net::ip_port> forwarded_client(const head& request, const conf::peer_list& trusted)
{
    std::optional<net::ip_port> client;
    forwarded_for_backwards entries(request);
    for (std::size_t count = 0; count < max_forwarded_entries; ++count) {
        const auto entry = entries.next();
        if (!entry) break;
        const auto address = parse_forwarded_address(*entry);
        if (!address) break;
        client = address;
        if (!holds(trusted, address)) break;
    }
    return client;
}

} // namespace fairlead::http
