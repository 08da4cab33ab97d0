// Holds the tuples that others use, so that no dial trips over them: found by comparing the ledger with the
// kernel's sockets (reconciliation.hpp), each made sure of while it is claimed, and given back when the other
// is gone.
//
// A tuple that a worker claims meanwhile is the worker's: what cannot be claimed is not held. Where the
// ledger picks the ports, a listener or a stranger's connection takes its port from every destination of the
// source (unless the stranger, as we do, shares it by SO_REUSEADDR: a bind() tells); another connection of
// the very tuple takes that alone. Where the kernel chooses, as many are counted as it has beyond ours.
// A tuple in use of ours that the kernel does not know, in two comparisons at least a minute apart, is a
// defect of the proxy: told in the report, and left as it is, since only its lease knows when it ends.
// Bounds: at most 65,536 ports are tried and 1,048,576 tuples held, 16 bytes each; dials find the rest.
// Lifetime: the ledger outlives it. Thread: one at a time, and not a worker's: it blocks for 50 to 200 ms,
// and some microseconds for each tuple that is held or suspected.
// Errors: the kernel's (kernel_sockets.hpp); then nothing is learnt, and what was held is held on.
#pragma once

#include "proxy/snat/reconciliation.hpp"
#include "proxy/snat/tuple_ledger.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fairlead::snat {

struct reconciliation_report
{
    boost::system::error_code error;
    std::size_t foreign = 0; // tuples held now
    std::size_t unknown = 0; // of ours, to the kernel
};

class foreign_tuples
{
public:
    explicit foreign_tuples(tuple_ledger& ledger)
        : ledger_(ledger)
    {}
    foreign_tuples(const foreign_tuples&) = delete;
    foreign_tuples& operator=(const foreign_tuples&) = delete;

    reconciliation_report reconcile(steady_time now);

    // Only asks again for those that are held.
    reconciliation_report recheck();

    std::size_t held() const noexcept { return held_.size(); }

private:
    class held_spaces;

    boost::system::error_code give_back_what_is_free(kernel_sockets& kernel);
    void adopt(const std::vector<tuple_space*>& spaces);
    std::vector<space_account> accounts_before(const std::vector<tuple_space*>& spaces) const;
    void complete(std::vector<space_account>& accounts, const std::vector<tuple_space*>& spaces) const;
    boost::system::error_code hold(const findings& found, const std::vector<tuple_space*>& spaces,
                                   kernel_sockets& kernel);
    void hold_ports(const findings& found, const std::vector<tuple_space*>& spaces);
    void hold_counts(const findings& found, const std::vector<tuple_space*>& spaces);
    void hold_one(tuple_lease lease);
    std::size_t count_unknown(const findings& found, const std::vector<tuple_space*>& spaces,
                              steady_time now);

    struct unknown_tuple
    {
        const tuple_space* space;
        std::uint16_t port;
        steady_time since;

        auto place() const { return std::pair(space, port); }
    };

    tuple_ledger& ledger_;
    std::vector<tuple_lease> held_;
    std::vector<unknown_tuple> unknown_; // in order
    std::size_t long_unknown_ = 0;       // of these
};

} // namespace fairlead::snat
