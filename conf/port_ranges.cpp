#include "conf/port_ranges.hpp"

#include <algorithm>
#include <charconv>

namespace fairlead::conf {

namespace {

constexpr std::uint16_t first_unprivileged = 1024;
constexpr std::uint32_t most_replicas = 1'000;

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

std::optional<port_range> parse_one(std::string_view text)
{
    const auto dash = text.find('-');
    const auto first = parse_number<std::uint16_t>(trimmed(text.substr(0, dash)));
    const auto last = dash == text.npos ? first : parse_number<std::uint16_t>(trimmed(text.substr(dash + 1)));
    if (!first || !last || *first > *last) {
        return std::nullopt;
    }
    return port_range{*first, *last};
}

void append(port_ranges& to, std::uint32_t first, std::uint32_t last)
{
    if (!to.empty() && std::uint32_t{to.back().last} + 1 == first) {
        to.back().last = static_cast<std::uint16_t>(last);
    } else {
        to.push_back({static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)});
    }
}

} // namespace

std::optional<port_ranges> parse_port_ranges(std::string_view text)
{
    port_ranges written;
    for (auto rest = trimmed(text); !rest.empty();) {
        const auto comma = rest.find(',');
        const auto one = parse_one(trimmed(rest.substr(0, comma)));
        if (!one || comma == rest.size() - 1) {
            return std::nullopt;
        }
        written.push_back(*one);
        rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    }
    std::ranges::sort(written, {}, &port_range::first);
    port_ranges out;
    for (const auto& one : written) {
        if (!out.empty() && one.first <= out.back().last) {
            return std::nullopt;
        }
        append(out, one.first, one.last);
    }
    return out;
}

std::optional<replica_number> parse_replica(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == text.npos) {
        return std::nullopt;
    }
    const auto index = parse_number<std::uint32_t>(text.substr(0, slash));
    const auto count = parse_number<std::uint32_t>(text.substr(slash + 1));
    if (!index || !count || *index == 0 || *index > *count || *count > most_replicas) {
        return std::nullopt;
    }
    return replica_number{*index, *count};
}

std::string to_string(const port_ranges& ranges)
{
    std::string text;
    for (const auto& one : ranges) {
        text += (text.empty() ? "" : ", ") + std::to_string(one.first);
        if (one.last != one.first) {
            text += "-" + std::to_string(one.last);
        }
    }
    return text;
}

std::uint32_t count_ports(const port_ranges& ranges)
{
    std::uint32_t count = 0;
    for (const auto& one : ranges) {
        count += one.count();
    }
    return count;
}

bool contains(const port_ranges& ranges, std::uint16_t port)
{
    return std::ranges::any_of(ranges,
                               [&](const auto& one) { return one.first <= port && port <= one.last; });
}

port_ranges without(const port_ranges& from, const port_ranges& these)
{
    port_ranges out;
    for (const auto& one : from) {
        std::uint32_t next = one.first;
        for (const auto& hole : these) {
            if (hole.last < next || hole.first > one.last) {
                continue;
            }
            if (hole.first > next) {
                append(out, next, hole.first - 1u);
            }
            next = hole.last + 1u;
        }
        if (next <= one.last) {
            append(out, next, one.last);
        }
    }
    return out;
}

port_ranges common_ports(const port_ranges& a, const port_ranges& b) { return without(a, without(a, b)); }

port_ranges slice_of(const port_ranges& whole, const replica_number& which)
{
    const std::uint64_t total = count_ports(whole);
    const auto begin = static_cast<std::uint32_t>(total * (which.index - 1) / which.count);
    const auto end = static_cast<std::uint32_t>(total * which.index / which.count);
    port_ranges out;
    std::uint32_t before = 0; // ports of the ranges that came before
    for (const auto& one : whole) {
        const auto first = std::max(begin, before);
        const auto last = std::min(end, before + one.count()); // past the end
        if (first < last) {
            append(out, one.first + (first - before), one.first + (last - before) - 1);
        }
        before += one.count();
    }
    return out;
}

port_ranges chosen_by_kernel(const host_ports& host) { return without({host.kernel}, host.reserved); }

port_ranges free_for_ledger(const host_ports& host)
{
    return without(without({{first_unprivileged, 65535}}, {host.kernel}), host.reserved);
}

} // namespace fairlead::conf
