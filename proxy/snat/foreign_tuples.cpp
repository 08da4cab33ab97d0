#include "proxy/snat/foreign_tuples.hpp"

#include "proxy/net/address.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::snat {
namespace {

using boost::system::error_code;

constexpr std::size_t most_tried_ports = 65'536;
constexpr std::size_t most_held = std::size_t{1} << 20;
constexpr std::chrono::seconds unknown_time{60};

// Whether a new connection may replace TIME_WAIT: it may where TCP timestamps are in use.
bool is_time_wait_free()
{
    std::ifstream file("/proc/sys/net/ipv4/tcp_timestamps");
    int value = 1;
    file >> value;
    return value != 0;
}

// As a dial would bind, and nothing more.
bool is_port_taken(const conf::ip_address& source, std::uint16_t port) noexcept
{
    const auto local = net::to_socket_address(source, port);
    const int fd = ::socket(local.family(), SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return false;
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (source.is_v6) ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
    const bool is_taken = ::bind(fd, local.data(), local.size) != 0 && errno == EADDRINUSE;
    ::close(fd);
    return is_taken;
}

bool is_in_use(socket_stage stage, bool time_wait_free) noexcept
{
    return stage == socket_stage::connected || (stage == socket_stage::time_wait && !time_wait_free);
}

} // namespace

// Every space that somebody holds stays while this does.
class foreign_tuples::held_spaces
{
public:
    explicit held_spaces(tuple_ledger& ledger)
        : ledger_(ledger)
        , spaces_(ledger.hold_all())
    {}
    held_spaces(const held_spaces&) = delete;
    held_spaces& operator=(const held_spaces&) = delete;
    ~held_spaces() { ledger_.drop(spaces_); }

    const std::vector<tuple_space*>& operator*() const noexcept { return spaces_; }

private:
    tuple_ledger& ledger_;
    const std::vector<tuple_space*> spaces_;
};

reconciliation_report foreign_tuples::reconcile(steady_time now)
{
    const held_spaces spaces(ledger_);
    adopt(*spaces);
    auto kernel = kernel_sockets::open();
    if (!kernel) return {kernel.error(), held_.size(), long_unknown_};
    if (const auto failed = give_back_what_is_free(*kernel)) return {failed, held_.size(), long_unknown_};
    if ((*spaces).empty()) return {};
    auto accounts = accounts_before(*spaces);
    const auto filter = filter_for(accounts);
    std::vector<kernel_socket> sockets;
    if (const auto failed = kernel->list_listeners(filter.ports, sockets))
        return {failed, held_.size(), long_unknown_};
    if (const auto failed = kernel->list_connections(filter, sockets))
        return {failed, held_.size(), long_unknown_};
    complete(accounts, *spaces);
    const auto found = compare(accounts, std::move(sockets), is_time_wait_free());
    const auto failed = hold(found, *spaces, *kernel);
    return {failed, held_.size(), count_unknown(found, *spaces, now)};
}

reconciliation_report foreign_tuples::recheck()
{
    const held_spaces spaces(ledger_);
    adopt(*spaces);
    auto kernel = kernel_sockets::open();
    const auto failed = kernel ? give_back_what_is_free(*kernel) : kernel.error();
    return {failed, held_.size(), long_unknown_};
}

// Those that dials have found, and none of a space that only we keep.
void foreign_tuples::adopt(const std::vector<tuple_space*>& spaces)
{
    std::ranges::move(ledger_.aside().take_foreign(), std::back_inserter(held_));
    std::vector<const tuple_space*> known(spaces.begin(), spaces.end());
    std::ranges::sort(known);
    std::erase_if(held_, [&](const tuple_lease& each) {
        return !std::ranges::binary_search(known, static_cast<const tuple_space*>(&each.space()));
    });
}

error_code foreign_tuples::give_back_what_is_free(kernel_sockets& kernel)
{
    const bool time_wait_free = is_time_wait_free();
    const auto place = [](const tuple_lease& each) {
        return std::tuple(each.source().is_v6, each.source().bytes, each.port());
    };
    std::ranges::sort(held_, {}, place);
    auto last = std::tuple(false, decltype(conf::ip_address::bytes){}, std::uint16_t{0});
    bool is_taken = false; // its port, from every destination
    error_code failed;
    std::erase_if(held_, [&](const tuple_lease& each) {
        if (failed || each.port() == 0) return false;
        if (std::exchange(last, place(each)) != place(each))
            is_taken = is_port_taken(each.source(), each.port());
        if (is_taken) return false;
        const auto stage = kernel.find(each.source(), each.port(), each.space().destination());
        if (!stage) failed = stage.error();
        return stage && !is_in_use(*stage, time_wait_free);
    });
    return failed;
}

std::vector<space_account> foreign_tuples::accounts_before(const std::vector<tuple_space*>& spaces) const
{
    std::vector<space_account> out;
    out.reserve(spaces.size());
    for (auto* space : spaces) {
        space_account account{space->source(), space->destination(), space->shared_ports(), {}, {}, {}, 0, 0};
        account.before = space->taken_ports();
        account.count_before = space->ours();
        out.push_back(std::move(account));
    }
    return out;
}

void foreign_tuples::complete(std::vector<space_account>& accounts,
                              const std::vector<tuple_space*>& spaces) const
{
    std::unordered_map<const tuple_space*, space_account*> of;
    for (std::size_t i = 0; i < spaces.size(); ++i) {
        accounts[i].after = spaces[i]->taken_ports();
        accounts[i].count_after = spaces[i]->ours();
        of[spaces[i]] = &accounts[i];
    }
    auto resting = ledger_.aside().waiting();
    std::ranges::sort(resting);
    for (const auto& each : resting) {
        if (const auto found = of.find(each.space); found != of.end())
            found->second->resting.push_back(each.port);
    }
    std::unordered_map<const tuple_space*, std::vector<std::uint16_t>> foreign;
    for (const auto& each : held_)
        foreign[&each.space()].push_back(each.port());
    for (auto& [space, ports] : foreign) {
        std::ranges::sort(ports);
        const auto& theirs = ports; // a structured binding's name cannot be captured by clang 14
        const auto is_foreign = [&](std::uint16_t port) { return std::ranges::binary_search(theirs, port); };
        std::erase_if(of.at(space)->before, is_foreign);
        std::erase_if(of.at(space)->after, is_foreign);
    }
}

error_code foreign_tuples::hold(const findings& found, const std::vector<tuple_space*>& spaces,
                                kernel_sockets& kernel)
{
    hold_ports(found, spaces);
    hold_counts(found, spaces);
    const bool time_wait_free = is_time_wait_free();
    for (const auto& each : found.tuples) {
        if (held_.size() >= most_held) break;
        auto lease = spaces[each.space]->claim_port(each.port);
        if (!lease) continue;
        // Nobody of ours can be in it now: so what the kernel has there is not ours, or not over.
        const auto stage = kernel.find(lease->source(), lease->port(), lease->space().destination());
        if (!stage) return stage.error();
        if (is_in_use(*stage, time_wait_free)) hold_one(std::move(*lease));
    }
    return {};
}

void foreign_tuples::hold_ports(const findings& found, const std::vector<tuple_space*>& spaces)
{
    std::vector<tuple_space*> by_source = spaces;
    const auto order = [](const tuple_space* each) {
        return std::pair(each->source().is_v6, each->source().bytes);
    };
    std::ranges::sort(by_source, {}, order);
    std::size_t tried = 0;
    for (const auto& each : found.ports) {
        if (held_.size() >= most_held || ++tried > most_tried_ports) return;
        if (!is_port_taken(each.source, each.port)) continue;
        const auto wanted = std::pair(each.source.is_v6, each.source.bytes);
        auto space = std::ranges::lower_bound(by_source, wanted, {}, order);
        for (; space != by_source.end() && order(*space) == wanted; ++space) {
            if (auto lease = (*space)->claim_port(each.port)) hold_one(std::move(*lease));
        }
    }
}

void foreign_tuples::hold_counts(const findings& found, const std::vector<tuple_space*>& spaces)
{
    std::unordered_map<tuple_space*, std::uint32_t> wanted;
    for (std::size_t i = 0; i < spaces.size(); ++i) {
        if (spaces[i]->ports().is_chosen_by_kernel()) wanted[spaces[i]] = found.counts[i];
    }
    std::erase_if(held_, [&](const tuple_lease& each) {
        if (each.port() != 0) return false;
        auto& left = wanted[&each.space()];
        if (left == 0) return true;
        --left;
        return false;
    });
    for (const auto& [space, count] : wanted) {
        for (auto left = count; left != 0 && held_.size() < most_held; --left) {
            auto lease = space->claim();
            if (!lease) break;
            hold_one(std::move(*lease));
        }
    }
}

void foreign_tuples::hold_one(tuple_lease lease)
{
    lease.mark_foreign();
    held_.push_back(std::move(lease));
}

std::size_t foreign_tuples::count_unknown(const findings& found, const std::vector<tuple_space*>& spaces,
                                          steady_time now)
{
    std::vector<unknown_tuple> next;
    for (const auto& each : found.unknown) {
        unknown_tuple fresh{spaces[each.space], each.port, now};
        const auto known = std::ranges::lower_bound(unknown_, fresh.place(), {}, &unknown_tuple::place);
        if (known != unknown_.end() && known->place() == fresh.place()) fresh.since = known->since;
        next.push_back(fresh);
    }
    unknown_ = std::move(next);
    std::ranges::sort(unknown_, {}, &unknown_tuple::place);
    const auto is_long = [&](const unknown_tuple& each) { return now - each.since >= unknown_time; };
    long_unknown_ = static_cast<std::size_t>(std::ranges::count_if(unknown_, is_long));
    return long_unknown_;
}

} // namespace fairlead::snat
