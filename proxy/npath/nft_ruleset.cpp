#include "proxy/npath/nft_ruleset.hpp"

#include <xxhash.h>

#include <initializer_list>
#include <utility>

namespace fairlead::npath {
namespace {

// A connection's key in `flows` and `closing`. nft 1.0.6 aborts on, or silently damages, a key of more
// than 16 bytes in a map that rules update, and port and IPv6 address are 18. So the first half of the
// address is hashed; that is kept in the mark, above all IDs. A collision takes two networks of the same
// hash in which hosts of the same 64 bits use the same port.
constexpr std::string_view key_v4 = "tcp sport . ip saddr";
constexpr std::string_view key_v6 = "tcp sport . meta mark . @nh,128,32 . @nh,160,32";
constexpr std::string_view prepare_v4 = "meta mark set 0";
constexpr std::string_view prepare_v6 =
    "meta mark set jhash @nh,64,64 mod 2147483648 seed 1 offset 2147483648";
constexpr std::string_view closing_timeout = "60s";
// A switch floods frames whose receiver it does not know. A director that forwarded one that is not its
// own would answer another director's, without end.
constexpr std::string_view for_us = "meta pkttype host ";
constexpr std::string_view is_new = "tcp flags & (syn | ack) == syn ";

std::string hex(const conf::ip_address& address)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < (address.is_v6 ? 16U : 4U); ++i) {
        text += digits[address.bytes[i] >> 4];
        text += digits[address.bytes[i] & 0xf];
    }
    return text;
}

// Writes the lines of one service's script.
class script_writer
{
public:
    explicit script_writer(const nft_service& service)
        : service_(service)
        , table_(" netdev " + table_name(service.name) + " ")
        , ip_(service.address.is_v6 ? "ip6" : "ip")
        , key_(service.address.is_v6 ? key_v6 : key_v4)
    {}

    void declare();
    void forget_contents();
    void write_members();
    void write_choice();
    void write_ingress();
    void fill_maps();
    void remove(const std::vector<std::string>& chains, const std::vector<conf::ip_address>& backends);
    std::string take() { return std::move(text_); }

private:
    using parts = std::initializer_list<std::string_view>;

    void line(std::string_view command, parts rest)
    {
        text_.append(command).append(table_);
        for (const std::string_view each : rest)
            text_ += each;
        text_ += '\n';
    }
    void rule(std::string_view chain, parts rest)
    {
        text_.append("add rule").append(table_).append(chain) += ' ';
        for (const std::string_view each : rest)
            text_ += each;
        text_ += '\n';
    }
    // For what comes next in the chain; and a connection that is not in the map leaves the mark as it was.
    void prepare_key(std::string_view chain)
    {
        rule(chain, {service_.address.is_v6 ? prepare_v6 : prepare_v4});
    }
    std::string send_to(const nft_member& member) const
    {
        std::string text("ether saddr set ");
        text.append(to_string(service_.own_link)).append(" ether daddr set ");
        return text.append(to_string(member.link)) += ' ';
    }

    const nft_service& service_;
    std::string table_; // with a space on each side
    std::string_view ip_;
    std::string_view key_;
    std::string text_;
};

void script_writer::declare()
{
    const std::string size = std::to_string(max_flows);
    text_.append("add table netdev ").append(table_name(service_.name)) += '\n';
    line("add map", {"flows { typeof ", key_, " : meta mark; size ", size, "; flags dynamic,timeout; }"});
    line("add set", {"closing { typeof ", key_, "; size ", size, "; flags dynamic,timeout; }"});
    line("add map", {"members { type mark : verdict; }"});
    line("add map", {"slots { type mark : verdict; }"});
    line("add counter", {unserved_counter});
    for (const std::string_view chain : {"choose", "follow", "errors"})
        line("add chain", {chain});
    line("add chain", {"ingress { type filter hook ingress device \"", service_.interface,
                       "\" priority 0; policy accept; }"});
    for (const nft_member& each : service_.members) {
        line("add counter", {packet_counter(each.address)});
        line("add counter", {flow_counter(each.address)});
        line("add chain", {member_chain(each.id, each.address)});
    }
}

void script_writer::forget_contents()
{
    line("flush map", {"slots"});
    line("flush map", {"members"});
    for (const std::string_view chain : {"ingress", "follow", "choose", "errors"})
        line("flush chain", {chain});
    for (const nft_member& each : service_.members)
        line("flush chain", {member_chain(each.id, each.address)});
}

void script_writer::write_members()
{
    const std::string timeout = std::to_string(service_.flow_timeout.count()) + "ms";
    for (const nft_member& each : service_.members) {
        const std::string chain = member_chain(each.id, each.address);
        const std::string id = std::to_string(each.id);
        prepare_key(chain);
        rule(chain,
             {"tcp flags & (fin | rst) != 0 update @closing { ", key_, " timeout ", closing_timeout, " }"});
        rule(chain, {key_, " != @closing update @flows { ", key_, " timeout ", timeout, " : ", id, " }"});
        rule(chain,
             {key_, " @closing update @flows { ", key_, " timeout ", closing_timeout, " : ", id, " }"});
        rule(chain, {is_new, "counter name ", flow_counter(each.address)});
        // In a rule of its own: an update that finds the map full ends its rule, and the packet still goes
        // out.
        rule(chain, {"counter name ", packet_counter(each.address), " ", send_to(each), "fwd to \"",
                     service_.interface, "\" comment \"", conf::to_string(each.address), "\""});
    }
}

void script_writer::write_choice()
{
    prepare_key("follow");
    rule("follow", {is_new, "delete @closing { ", key_, " }"});
    rule("follow", {is_new, "goto choose"});
    rule("follow", {"meta mark set ", key_, " map @flows"});
    rule("follow", {"meta mark vmap @members"});
    rule("follow", {"goto choose"});
    prepare_key("choose");
    // An update leaves the value of an entry that is there, so one that leads nowhere has to go first.
    rule("choose", {"delete @flows { ", key_, " : 0 }"});
    const std::string target = conf::to_string(service_.address) + " " + std::to_string(service_.port);
    const std::string seed = std::to_string(XXH32(target.data(), target.size(), 0));
    rule("choose", {"meta mark set jhash tcp sport . ", ip_, " saddr mod ",
                    std::to_string(service_.slot_count), " seed ", seed});
    rule("choose", {"meta mark vmap @slots"});
    rule("choose", {"counter name ", unserved_counter});
}

void script_writer::write_ingress()
{
    const std::string match = std::string(ip_) + " daddr " + conf::to_string(service_.address) + " ";
    const std::string_view errors = service_.address.is_v6
                                        ? "icmpv6 type { destination-unreachable, packet-too-big } "
                                        : "icmp type destination-unreachable ";
    for (const nft_member& each : service_.members)
        rule("errors", {send_to(each), "dup to \"", service_.interface, "\""});
    rule("ingress", {for_us, match, "tcp dport ", std::to_string(service_.port), " goto follow"});
    rule("ingress", {for_us, match, errors, "jump errors"});
}

void script_writer::fill_maps()
{
    std::string members;
    for (const nft_member& each : service_.members) {
        members += members.empty() ? "" : ", ";
        members += std::to_string(each.id) + " : goto " + member_chain(each.id, each.address);
    }
    if (!members.empty()) line("add element", {"members { ", members, " }"});
    std::string slots;
    for (std::size_t i = 0; i < service_.slots.size(); ++i) {
        const nft_member& owner = service_.members[service_.slots[i]];
        slots += slots.empty() ? "" : ", ";
        slots += std::to_string(i) + " : goto " + member_chain(owner.id, owner.address);
    }
    if (!slots.empty()) line("add element", {"slots { ", slots, " }"});
}

// What is not there is added first, because deleting it would fail.
void script_writer::remove(const std::vector<std::string>& chains,
                           const std::vector<conf::ip_address>& backends)
{
    for (const std::string& each : chains) {
        for (const std::string_view command : {"add chain", "flush chain", "delete chain"})
            line(command, {each});
    }
    for (const conf::ip_address& each : backends) {
        for (const std::string& counter : {packet_counter(each), flow_counter(each)}) {
            line("add counter", {counter});
            line("delete counter", {counter});
        }
    }
}

} // namespace

std::string table_name(std::string_view service) { return std::string(table_prefix).append(service); }

std::string member_chain(std::uint32_t id, const conf::ip_address& address)
{
    return "b" + std::to_string(id) + "_" + hex(address);
}

std::string packet_counter(const conf::ip_address& backend) { return "packets_" + hex(backend); }

std::string flow_counter(const conf::ip_address& backend) { return "flows_" + hex(backend); }

std::string service_script(const nft_service& service, const std::vector<std::string>& stale_chains,
                           const std::vector<conf::ip_address>& stale_backends)
{
    script_writer writer(service);
    writer.declare();
    writer.forget_contents();
    writer.write_members();
    writer.write_choice();
    writer.write_ingress();
    writer.fill_maps();
    writer.remove(stale_chains, stale_backends);
    return writer.take();
}

std::string removal_script(std::string_view table)
{
    const std::string name(table);
    return "add table netdev " + name + "\ndelete table netdev " + name + "\n";
}

} // namespace fairlead::npath
