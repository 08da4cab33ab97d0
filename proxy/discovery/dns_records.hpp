// What name servers answer, as plain values. c-ares parses; what it made of the bytes is checked here.
//
// Answers are hostile input: of at most 64 KiB, and of `most` records at most; of more they are too many.
// Addresses that nobody can be at (unspecified, multicast) make an answer invalid, as do names of targets
// that are none and port 0. Pure. Thread: any. RFC 1035 4.1, RFC 3596, RFC 2782.
#pragma once

#include "conf/values.hpp"
#include "proxy/discovery/look_failure.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fairlead::discovery {

template <class Value>
struct records
{
    std::vector<Value> values;   // at least one
    std::chrono::seconds ttl{0}; // the least of the answer's records
};

struct service_record
{
    std::string target; // a host name
    std::uint16_t port = 0;
    std::uint16_t priority = 0; // the lower is first
    std::uint16_t weight = 0;
};

// One of both.
template <class Value>
struct dns_reply
{
    records<Value> found; // of a good one
    std::optional<look_failure> failure;
};

using address_reply = dns_reply<conf::ip_address>;
using service_reply = dns_reply<service_record>;

address_reply read_addresses(std::span<const unsigned char> answer, bool is_v6, std::size_t most);
service_reply read_services(std::span<const unsigned char> answer, std::size_t most);

// Of what c-ares says of a question: nothing where it is ARES_SUCCESS.
std::optional<look_failure> failure_of(int ares_status) noexcept;

} // namespace fairlead::discovery
