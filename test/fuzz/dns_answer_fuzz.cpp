// Input: which kind of answer, and its bytes. What is read of it stands in it, is within the bounds, and
// can be dialled (RFC 1035 4.1, RFC 2782).
#include "proxy/discovery/dns_records.hpp"
#include "proxy/discovery/service_members.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;
using bytes = std::span<const unsigned char>;

constexpr std::size_t most = 4;

template <class Value>
void check_bounds(const discovery::dns_reply<Value>& reply)
{
    require(reply.failure.has_value() == reply.found.values.empty(), "there are values, or a failure");
    require(reply.found.values.size() <= most, "and not too many");
    require(reply.found.ttl.count() >= 0 && reply.found.ttl.count() <= 0x7fffffff,
            "for a time that RFC 2181 has");
}

void check_addresses(bytes answer, bool is_v6)
{
    const auto reply = discovery::read_addresses(answer, is_v6, most);
    check_bounds(reply);
    for (const conf::ip_address& each : reply.found.values) {
        const auto size = is_v6 ? 16 : 4;
        require(each.is_v6 == is_v6, "an address is of the family that was asked for");
        const auto* const first = each.bytes.data();
        require(std::search(answer.begin(), answer.end(), first, first + size) != answer.end(),
                "and stands in the answer");
        require(conf::parse_ip_address(conf::to_string(each)) == each, "and is read as it is written");
        require(each.bytes[0] < (is_v6 ? 0xff : 0xe0), "and one host's");
    }
}

void check_services(bytes answer)
{
    auto reply = discovery::read_services(answer, most);
    check_bounds(reply);
    for (const discovery::service_record& each : reply.found.values) {
        const auto read = conf::parse_endpoint(each.target + ":" + std::to_string(each.port));
        require(read && read->what == conf::endpoint::kind::name, "a target is a name that can be resolved");
        require(read->port == each.port && each.port != 0, "with a port");
    }
    auto& ranked = reply.found.values;
    discovery::rank_services(ranked);
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        require(ranked[i].weight >= 1 && ranked[i].weight <= 1000, "a weight is one of a pool's");
        const unsigned before = i == 0 ? 0 : ranked[i - 1].priority;
        require(i == 0 ? ranked[i].priority == 0 : ranked[i].priority - before <= 1U,
                "priorities have no gaps");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::vector<unsigned char> answer(data + 1,
                                            data + size); // of the exact size: reads behind it are seen
    switch (data[0] % 3) {
    case 0: check_addresses(answer, false); break;
    case 1: check_addresses(answer, true); break;
    default: check_services(answer); break;
    }
    return 0;
}
