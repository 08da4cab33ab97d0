#include "proxy/snat/reconciliation.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <tuple>
#include <utility>

namespace fairlead::snat {
namespace {

auto key_of(const conf::ip_address& ip) { return std::tie(ip.is_v6, ip.bytes); }

struct by_address
{
    bool operator()(const conf::ip_address& a, const conf::ip_address& b) const
    {
        return key_of(a) < key_of(b);
    }
};

struct by_tuple
{
    static auto key_of(const kernel_socket& each)
    {
        return std::tuple(each.source.is_v6, each.source.bytes, each.destination.ip.bytes,
                          each.destination.port, each.port);
    }
    bool operator()(const kernel_socket& a, const kernel_socket& b) const { return key_of(a) < key_of(b); }
};

struct by_pair
{
    static auto key_of(const conf::ip_address& source, const tuple_destination& to)
    {
        return std::tuple(source.is_v6, source.bytes, to.ip.bytes, to.port);
    }
    bool operator()(const kernel_socket& a, const space_account& b) const
    {
        return key_of(a.source, a.destination) < key_of(b.source, b.destination);
    }
    bool operator()(const space_account& a, const kernel_socket& b) const
    {
        return key_of(a.source, a.destination) < key_of(b.source, b.destination);
    }
};

bool is_anywhere(const conf::ip_address& ip) { return ip.bytes == decltype(ip.bytes){}; }

bool has(const std::vector<std::uint16_t>& ports, std::uint16_t port)
{
    return std::ranges::binary_search(ports, port);
}

class comparison
{
public:
    comparison(std::span<const space_account> spaces, std::vector<kernel_socket> sockets,
               bool is_time_wait_free)
        : spaces_(spaces)
        , sockets_(std::move(sockets))
        , is_time_wait_free_(is_time_wait_free)
    {
        std::ranges::sort(sockets_, by_tuple{});
        for (const auto& each : spaces_) {
            if (!each.ports->is_chosen_by_kernel()) spaces_of_[each.source].push_back(&each);
        }
    }

    findings run()
    {
        std::vector<bool> is_ours(sockets_.size(), false);
        for (std::size_t i = 0; i < spaces_.size(); ++i)
            judge_space(i, is_ours);
        for (std::size_t i = 0; i < sockets_.size(); ++i) {
            if (!is_ours[i]) suspect_port_of(sockets_[i]);
        }
        const auto order = [](const suspected_port& each) {
            return std::tuple(each.source.is_v6, each.source.bytes, each.port);
        };
        std::ranges::sort(out_.ports, {}, order);
        out_.ports.erase(std::unique(out_.ports.begin(), out_.ports.end()), out_.ports.end());
        return std::move(out_);
    }

private:
    bool is_passed_over(const kernel_socket& each) const
    {
        return each.stage == socket_stage::time_wait && is_time_wait_free_;
    }

    void judge_space(std::size_t at, std::vector<bool>& is_ours)
    {
        const auto& space = spaces_[at];
        const auto found = std::equal_range(sockets_.begin(), sockets_.end(), space, by_pair{});
        std::vector<std::uint16_t> seen;
        std::uint32_t in_kernel = 0;
        for (auto each = found.first; each != found.second; ++each) {
            if (!space.ports->contains(each->port)) continue;
            ++in_kernel;
            seen.push_back(each->port);
            if (has(space.before, each->port) || has(space.after, each->port))
                is_ours[static_cast<std::size_t>(each - sockets_.begin())] = true;
            else if (!space.ports->is_chosen_by_kernel() && !is_passed_over(*each))
                out_.tuples.push_back({at, each->port});
        }
        const bool is_counted = space.ports->is_chosen_by_kernel();
        const auto ours = std::max(space.count_before, space.count_after);
        out_.counts.push_back(is_counted && in_kernel > ours ? in_kernel - ours : 0);
        for (const auto port : space.before) {
            if (has(space.after, port) && !has(space.resting, port) && !has(seen, port))
                out_.unknown.push_back({at, port});
        }
    }

    void suspect_port_of(const kernel_socket& each)
    {
        if (is_passed_over(each)) return;
        if (!is_anywhere(each.source)) {
            const auto found = spaces_of_.find(each.source);
            if (found != spaces_of_.end()) suspect_port(*found, each.port);
            return;
        }
        for (const auto& source : spaces_of_) // an IPv6 socket may hold the port of IPv4 as well
            suspect_port(source, each.port);
    }

    using source_spaces = std::map<conf::ip_address, std::vector<const space_account*>, by_address>;

    void suspect_port(const source_spaces::value_type& source, std::uint16_t port)
    {
        const auto uses = [&](const space_account* space) { return space->ports->contains(port); };
        if (std::ranges::any_of(source.second, uses)) out_.ports.push_back({source.first, port});
    }

    const std::span<const space_account> spaces_;
    std::vector<kernel_socket> sockets_;
    const bool is_time_wait_free_;
    source_spaces spaces_of_;
    findings out_;
};

unsigned common_bits(const conf::ip_address& a, const conf::ip_address& b)
{
    const unsigned most = a.is_v6 ? 128 : 32;
    unsigned length = most;
    while (conf::network_of(a, length) != conf::network_of(b, length))
        --length;
    return length;
}

// The smallest block that holds all of them, which are of one family and at least one.
conf::cidr block_of(std::span<const conf::ip_address> all)
{
    const auto length = common_bits(all.front(), all.back()); // they are in order
    return {conf::network_of(all.front(), length), static_cast<std::uint8_t>(length)};
}

} // namespace

findings compare(std::span<const space_account> spaces, std::vector<kernel_socket> sockets,
                 bool is_time_wait_free)
{
    return comparison(spaces, std::move(sockets), is_time_wait_free).run();
}

socket_filter filter_for(std::span<const space_account> spaces)
{
    socket_filter out;
    std::vector<conf::ip_address> sources;
    const conf::port_ranges every{{1, 65'535}};
    conf::port_ranges nobodys = every;
    const port_set* last = nullptr; // most spaces share theirs
    for (const auto& each : spaces) {
        sources.push_back(each.source);
        if (std::exchange(last, each.ports.get()) != each.ports.get())
            nobodys = conf::without(nobodys, each.ports->ranges());
    }
    out.ports = conf::without(every, nobodys);
    std::ranges::sort(sources, by_address{});
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    if (sources.size() <= most_filtered_sources) {
        for (const auto& each : sources)
            out.sources.push_back({each, static_cast<std::uint8_t>(each.is_v6 ? 128 : 32)});
        return out;
    }
    const auto first_v6 =
        std::ranges::find_if(sources, [](const conf::ip_address& each) { return each.is_v6; });
    if (first_v6 != sources.begin()) out.sources.push_back(block_of({sources.begin(), first_v6}));
    if (first_v6 != sources.end()) out.sources.push_back(block_of({first_v6, sources.end()}));
    return out;
}

} // namespace fairlead::snat
