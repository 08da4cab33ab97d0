// Which backends of a service are in the kernel, and what has to be written to make it so.
//
// It takes events (checks, Ethernet addresses, a new configuration, what a listing found) and answers with
// the next change; it does no I/O. A backend is a member while it is up, or draining with connections of
// its own; members that are up share the slots by weight. Nothing is written before each backend was
// checked once, so that a start does not send everything to the fastest answer. Thread: one.
#pragma once

#include "conf/model.hpp"
#include "proxy/health/health_state.hpp"
#include "proxy/npath/nft_listing.hpp"
#include "proxy/npath/nft_ruleset.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::npath {

struct membership_change
{
    nft_service next;
    std::vector<std::string> stale_chains;
    std::vector<conf::ip_address> stale_backends;
};

class membership
{
public:
    struct backend
    {
        conf::ip_address address;
        std::uint32_t weight = 1;
        health::health_state state;
        std::optional<link_address> link; // the last one known
        std::uint32_t id = 0;             // 0: no life in the kernel
    };

    explicit membership(conf::npath_options options);

    const conf::npath_options& options() const noexcept { return options_; }
    const std::vector<backend>& backends() const noexcept { return backends_; }

    // The table is in the kernel with these members; their connections go on.
    void adopt(const std::vector<listed_member>& members);

    // The table is gone from the kernel.
    void forget_kernel() noexcept;

    // The table may not work any more: it is to be written again, its connections go on.
    void distrust_kernel() noexcept { kernel_.reset(); }

    // For the service of the same name, address, port and interface. Backends that stay keep their state.
    void reconfigure(conf::npath_options options);

    // Whether the backend's state is another one.
    bool on_check(std::size_t index, health::check_outcome outcome);
    bool set_link(std::size_t index, const link_address& link); // whether it is another one

    // What to write; nothing when the kernel has it, or when it is too early.
    std::optional<membership_change> pending(const link_address& own_link) const;
    void written(const membership_change& change);
    bool is_written() const noexcept { return kernel_.has_value(); }

    std::size_t slots_of(std::size_t index) const; // of a backend, as written

private:
    nft_service wanted(const link_address& own_link) const;
    backend make_backend(const conf::npath_backend_options& options) const;

    conf::npath_options options_;
    std::vector<backend> backends_;
    std::uint32_t next_id_ = 1;
    std::optional<nft_service> kernel_;            // as last written by us
    std::vector<listed_member> kernel_members_;    // written or adopted
    std::vector<conf::ip_address> kernel_counted_; // whose counters are there
};

} // namespace fairlead::npath
