#include "proxy/npath/membership.hpp"

#include "proxy/upstream/maglev_table.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::npath {
namespace {

void add_once(std::vector<conf::ip_address>& list, const conf::ip_address& address)
{
    if (std::ranges::find(list, address) == list.end()) list.push_back(address);
}

} // namespace

membership::membership(conf::npath_options options)
    : options_(std::move(options))
{
    for (const auto& each : options_.backends)
        backends_.push_back(make_backend(each));
}

membership::backend membership::make_backend(const conf::npath_backend_options& options) const
{
    return {
        options.address, options.weight, {options_.health.timing.rise, options_.health.timing.fall}, {}, 0};
}

void membership::adopt(const std::vector<listed_member>& members)
{
    for (const listed_member& each : members) {
        next_id_ = std::max(next_id_, each.id + 1);
        add_once(kernel_counted_, each.address);
        const auto ours = std::ranges::find(backends_, each.address, &backend::address);
        if (ours != backends_.end()) ours->id = std::max(ours->id, each.id);
    }
    kernel_members_ = members;
}

void membership::forget_kernel() noexcept
{
    kernel_.reset();
    kernel_members_.clear();
    kernel_counted_.clear();
}

void membership::reconfigure(conf::npath_options options)
{
    options_ = std::move(options);
    std::vector<backend> next;
    for (const auto& each : options_.backends) {
        const auto known = std::ranges::find(backends_, each.address, &backend::address);
        next.push_back(known == backends_.end() ? make_backend(each) : *known);
        next.back().weight = each.weight;
        next.back().state.set_limits(options_.health.timing.rise, options_.health.timing.fall);
    }
    backends_ = std::move(next);
}

bool membership::on_check(std::size_t index, health::check_outcome outcome)
{
    backend& one = backends_[index];
    if (!one.state.on(outcome)) return false;
    if (one.state.current() == health::checked_state::down) one.id = 0;
    if (one.state.current() == health::checked_state::up && one.id == 0) one.id = next_id_++;
    return true;
}

bool membership::set_link(std::size_t index, const link_address& link)
{
    return std::exchange(backends_[index].link, link) != link;
}

nft_service membership::wanted(const link_address& own_link) const
{
    nft_service service;
    service.name = options_.name;
    service.address = options_.address;
    service.port = options_.port;
    service.interface = options_.interface;
    service.own_link = own_link;
    service.flow_timeout = options_.flow_timeout;
    service.slot_count = options_.slots;
    std::vector<upstream::maglev_backend> sharing;
    std::vector<std::size_t> member_of; // of each that shares
    for (const backend& each : backends_) {
        if (each.id == 0 || !each.link) continue;
        if (each.state.current() == health::checked_state::up && each.weight != 0) {
            sharing.push_back({conf::to_string(each.address), each.weight});
            member_of.push_back(service.members.size());
        }
        service.members.push_back({each.id, each.address, *each.link});
    }
    service.slots = upstream::maglev_slots(sharing, options_.slots);
    for (std::size_t& slot : service.slots)
        slot = member_of[slot];
    return service;
}

std::optional<membership_change> membership::pending(const link_address& own_link) const
{
    const bool is_settled = std::ranges::none_of(backends_, [](const backend& each) {
        return each.state.current() == health::checked_state::checking;
    });
    if (!kernel_ && !is_settled) return std::nullopt;
    membership_change change{wanted(own_link), {}, {}};
    if (kernel_ == change.next) return std::nullopt;
    for (const listed_member& each : kernel_members_) {
        if (std::ranges::find(change.next.members, each.id, &nft_member::id) == change.next.members.end())
            change.stale_chains.push_back(member_chain(each.id, each.address));
    }
    for (const conf::ip_address& each : kernel_counted_) {
        if (std::ranges::find(backends_, each, &backend::address) == backends_.end())
            change.stale_backends.push_back(each);
    }
    return change;
}

void membership::written(const membership_change& change)
{
    kernel_ = change.next;
    kernel_members_.clear();
    for (const nft_member& each : change.next.members) {
        kernel_members_.push_back({each.id, each.address});
        add_once(kernel_counted_, each.address);
    }
    std::erase_if(kernel_counted_, [&](const conf::ip_address& each) {
        return std::ranges::find(change.stale_backends, each) != change.stale_backends.end();
    });
}

std::size_t membership::slots_of(std::size_t index) const
{
    if (!kernel_) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(kernel_->slots, [&](std::size_t slot) {
        return kernel_->members[slot].address == backends_[index].address;
    }));
}

} // namespace fairlead::npath
