#include "proxy/discovery/dns_records.hpp"

#include <ares.h>

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

namespace fairlead::discovery {
namespace {

constexpr std::size_t header_bytes = 12;        // RFC 1035 4.1.1
constexpr std::size_t question_fixed_bytes = 4; // behind its name: type and class
constexpr std::size_t record_fixed_bytes = 10;  // type, class, TTL and length of data
constexpr std::size_t longest_answer = 64 * 1024;

using bytes = std::span<const unsigned char>;

std::uint32_t number_at(bytes of, std::size_t at, std::size_t size) noexcept
{
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
        out = out << 8 | of[at + i];
    return out;
}

// Bytes of the name at `at`; 0 when there is none that is right.
std::size_t name_size(bytes answer, std::size_t at)
{
    if (at >= answer.size()) return 0;
    char* name = nullptr;
    long size = 0;
    if (::ares_expand_name(answer.data() + at, answer.data(), static_cast<int>(answer.size()), &name,
                           &size) != ARES_SUCCESS)
        return 0;
    ::ares_free_string(name);
    return size > 0 && static_cast<std::size_t>(size) <= answer.size() - at ? static_cast<std::size_t>(size)
                                                                            : 0;
}

// The least TTL of the answer's records, those of aliases too; c-ares tells none of services. A TTL with its
// first bit set is 0 (RFC 2181 8). Nothing: the answer is not right.
std::optional<std::chrono::seconds> least_ttl(bytes answer)
{
    if (answer.size() < header_bytes) return std::nullopt;
    std::size_t at = header_bytes;
    for (std::uint32_t left = number_at(answer, 4, 2); left > 0; --left) {
        const std::size_t name = name_size(answer, at);
        if (name == 0 || answer.size() - at - name < question_fixed_bytes) return std::nullopt;
        at += name + question_fixed_bytes;
    }
    std::uint32_t least = std::numeric_limits<std::int32_t>::max();
    for (std::uint32_t left = number_at(answer, 6, 2); left > 0; --left) {
        const std::size_t name = name_size(answer, at);
        if (name == 0 || answer.size() - at - name < record_fixed_bytes) return std::nullopt;
        at += name;
        const std::uint32_t ttl = number_at(answer, at + 4, 4);
        least = std::min(least, ttl >> 31 != 0 ? 0 : ttl);
        const std::size_t data = number_at(answer, at + 8, 2);
        at += record_fixed_bytes;
        if (answer.size() - at < data) return std::nullopt;
        at += data;
    }
    return std::chrono::seconds(least);
}

bool may_be_dialled(const conf::ip_address& address) noexcept
{
    const bool is_zero = std::ranges::all_of(address.bytes, [](auto byte) { return byte == 0; });
    // 224.0.0.0/4 and what is above it, which is reserved up to the broadcast address; ff00::/8.
    const bool is_for_many = address.is_v6 ? address.bytes[0] == 0xff : address.bytes[0] >= 0xe0;
    return !is_zero && !is_for_many;
}

template <class Value>
dns_reply<Value> failed(look_failure why)
{
    dns_reply<Value> out;
    out.failure = why;
    return out;
}

template <class Value>
dns_reply<Value> settle(std::vector<Value> values, bytes answer, std::size_t most)
{
    if (values.size() > most) return failed<Value>(look_failure::too_many);
    if (values.empty()) return failed<Value>(look_failure::no_data);
    const auto ttl = least_ttl(answer);
    if (!ttl) return failed<Value>(look_failure::invalid);
    return {{std::move(values), *ttl}, std::nullopt};
}

template <class Entry, class Parse>
address_reply parse_addresses(bytes answer, bool is_v6, std::size_t most, Parse parse)
{
    std::vector<Entry> found(most + 1); // one more tells that there are more
    int count = static_cast<int>(found.size());
    const int status = parse(answer.data(), static_cast<int>(answer.size()), nullptr, found.data(), &count);
    if (const auto failure = failure_of(status)) return failed<conf::ip_address>(*failure);
    std::vector<conf::ip_address> out;
    for (int i = 0; i < count; ++i) {
        conf::ip_address address;
        address.is_v6 = is_v6;
        std::memcpy(address.bytes.data(), &found[static_cast<std::size_t>(i)], is_v6 ? 16 : 4);
        if (!may_be_dialled(address)) return failed<conf::ip_address>(look_failure::invalid);
        out.push_back(address);
    }
    return settle(std::move(out), answer, most);
}

} // namespace

std::optional<look_failure> failure_of(int ares_status) noexcept
{
    switch (ares_status) {
    case ARES_SUCCESS: return std::nullopt;
    case ARES_ENODATA: return look_failure::no_data;
    case ARES_ENOTFOUND: return look_failure::no_such_name;
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED: return look_failure::timeout;
    case ARES_EBADRESP:
    case ARES_EBADNAME:
    case ARES_EBADSTR: return look_failure::invalid;
    // SERVFAIL, REFUSED, NOTIMP, FORMERR and what is rarer. When each server has answered so, or none
    // could be reached, c-ares says ARES_ECONNREFUSED.
    default: return look_failure::server_failure;
    }
}

address_reply read_addresses(bytes answer, bool is_v6, std::size_t most)
{
    if (answer.size() > longest_answer) return failed<conf::ip_address>(look_failure::invalid);
    return is_v6 ? parse_addresses<ares_addr6ttl>(answer, true, most, ::ares_parse_aaaa_reply)
                 : parse_addresses<ares_addrttl>(answer, false, most, ::ares_parse_a_reply);
}

service_reply read_services(bytes answer, std::size_t most)
{
    if (answer.size() > longest_answer) return failed<service_record>(look_failure::invalid);
    ares_srv_reply* list = nullptr;
    const int status = ::ares_parse_srv_reply(answer.data(), static_cast<int>(answer.size()), &list);
    const std::unique_ptr<ares_srv_reply, void (*)(void*)> owner(list, ::ares_free_data);
    if (const auto failure = failure_of(status)) return failed<service_record>(*failure);
    std::vector<service_record> out;
    for (const auto* each = list; each != nullptr && out.size() <= most; each = each->next) {
        const std::string target = each->host;
        if (target.empty()) continue; // "." says that the service is not offered here (RFC 2782)
        const auto address = conf::parse_endpoint(target + ":" + std::to_string(each->port));
        if (!address || address->what != conf::endpoint::kind::name || address->port == 0)
            return failed<service_record>(look_failure::invalid);
        out.push_back({address->host, each->port, each->priority, each->weight});
    }
    return settle(std::move(out), answer, most);
}

} // namespace fairlead::discovery
