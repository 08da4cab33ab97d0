#include "proxy/snat/kernel_sockets.hpp"


#include <linux/inet_diag.h>
#include <netinet/in.h>

namespace fairlead::snat {
namespace {

using bytes = std::vector<std::byte>;

// An operation of the program without its jumps, which assemble() fills in.
struct operation
{
    std::uint8_t code;
    bytes operand;

    std::size_t size() const noexcept { return sizeof(inet_diag_bc_op) + operand.size(); }
};

using alternative = std::vector<operation>; // all of these
using group = std::vector<alternative>;     // one of these

void append(bytes& to, const void* from, std::size_t size)
{
    const auto* const first = static_cast<const std::byte*>(from);
    to.insert(to.end(), first, first + size);
}

operation source_within(const conf::cidr& block)
{
    const auto& address = block.address;
    inet_diag_hostcond condition{};
    condition.family = address.is_v6 ? AF_INET6 : AF_INET;
    condition.prefix_len = block.prefix_length;
    condition.port = -1; // any
    operation out{INET_DIAG_BC_S_COND, {}};
    append(out.operand, &condition, sizeof condition);
    append(out.operand, address.bytes.data(), address.is_v6 ? 16 : 4);
    return out;
}

operation port_bound(std::uint8_t code, std::uint16_t port)
{
    operation out{code, {}};
    const inet_diag_bc_op bound{0, 0, port};
    append(out.operand, &bound, sizeof bound);
    return out;
}

std::size_t size_of(const alternative& all)
{
    std::size_t total = 0;
    for (const auto& each : all)
        total += each.size();
    return total;
}

// Behind each alternative but the last stands a jump to the group's end.
std::size_t size_of(const group& any)
{
    std::size_t total = (any.size() - 1) * sizeof(inet_diag_bc_op);
    for (const auto& each : any)
        total += size_of(each);
    return total;
}

void emit(bytes& out, const operation& what, std::size_t when_not)
{
    const inet_diag_bc_op head{what.code, static_cast<std::uint8_t>(what.size()),
                               static_cast<std::uint16_t>(when_not)};
    append(out, &head, sizeof head);
    append(out, what.operand.data(), what.operand.size());
}

// The kernel lists a socket whose run ends at the program's very end, and none whose run jumps behind it.
void assemble(bytes& out, const group& any, std::size_t program_size)
{
    const std::size_t group_end = out.size() + size_of(any);
    for (std::size_t i = 0; i < any.size(); ++i) {
        const bool is_last = i + 1 == any.size();
        const std::size_t next = out.size() + size_of(any[i]) + sizeof(inet_diag_bc_op);
        const std::size_t elsewhere = is_last ? program_size + sizeof(inet_diag_bc_op) : next;
        for (const auto& each : any[i])
            emit(out, each, elsewhere - out.size());
        if (!is_last) emit(out, {INET_DIAG_BC_JMP, {}}, group_end - out.size());
    }
}

} // namespace

std::vector<std::byte> filter_program(const socket_filter& filter)
{
    std::vector<group> groups;
    if (!filter.sources.empty() && filter.sources.size() <= most_filtered_sources) {
        groups.emplace_back();
        for (const auto& block : filter.sources)
            groups.back().push_back({source_within(block)});
    }
    groups.emplace_back();
    for (const auto& range : filter.ports)
        groups.back().push_back(
            {port_bound(INET_DIAG_BC_S_GE, range.first), port_bound(INET_DIAG_BC_S_LE, range.last)});
    std::size_t size = 0;
    for (const auto& each : groups)
        size += size_of(each);
    bytes out;
    for (const auto& each : groups)
        assemble(out, each, size);
    return out;
}

} // namespace fairlead::snat
