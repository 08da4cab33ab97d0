#include "conf/peer_addresses.hpp"

#include "conf/source_addresses.hpp"

#include <algorithm>

namespace fairlead::conf {

namespace {

// Peers that came over IPv4 are known by it, whatever socket took them.
bool is_mapped(const cidr& block)
{
    return block.prefix_length >= 96 && overlaps(block, *parse_cidr("::ffff:0:0/96"));
}

std::string problem_of_peer(const listed_text& item, const peer_list& listed, peer_kind usable)
{
    if (item.text == "unix") {
        return usable == peer_kind::ip ? "has no use: this listener takes no connections from Unix sockets"
                                       : "";
    }
    const auto block = parse_cidr(item.text);
    if (!block) {
        return problem_of_block(item.text,
                                "an address, a block or unix such as \"10.0.1.5\", \"10.0.0.0/8\" or "
                                "\"unix\"");
    }
    if (usable == peer_kind::unix_socket) {
        return "has no use: whoever connects to a Unix socket has no address; write \"unix\"";
    }
    if (is_mapped(*block)) {
        return in_quotes(item.text) + " is IPv4 inside IPv6; write the IPv4 block";
    }
    const bool is_twin = std::ranges::find(listed.blocks, *block) != listed.blocks.end();
    return is_twin ? in_quotes(item.text) + " is listed already" : "";
}

} // namespace

peer_list read_peers(const table_reader& table, std::string_view name, peer_kind usable)
{
    peer_list peers;
    for (const auto& item : table.texts(name)) {
        const auto problem = problem_of_peer(item, peers, usable);
        if (!problem.empty()) {
            table.errors().add(item.where, problem);
        } else if (item.text == "unix") {
            peers.unix_sockets = true;
        } else if (peers.blocks.size() == max_peer_blocks) {
            table.errors().add(item.where, "a list has at most 256 blocks; write larger ones");
            break;
        } else {
            peers.blocks.push_back(*parse_cidr(item.text));
        }
    }
    return peers;
}

} // namespace fairlead::conf
