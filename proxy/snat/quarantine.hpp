// Leases of tuples that the kernel would not take now, each until its time: ours that rest, and those that a
// dial found in foreign use.
//
// Shape: a stack that any thread pushes to, and a list that only sweep() touches; about 48 bytes for each.
// Without memory for that, a lease is given back at once: the kernel then refuses the tuple, no more.
// Thread: add() and foreign_uses() any, lock-free; the others take a mutex.
#pragma once

#include "proxy/snat/tuple_space.hpp"

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace fairlead::snat {

class quarantine
{
public:
    quarantine() = default;
    quarantine(const quarantine&) = delete;
    quarantine& operator=(const quarantine&) = delete;
    ~quarantine();

    void add(tuple_lease lease, steady_time until) noexcept;

    // Gives back those whose time has come; returns how many.
    std::size_t sweep(steady_time now);

    // How many were ever added that others use.
    std::uint64_t foreign_uses() const noexcept { return foreign_uses_.load(std::memory_order_relaxed); }

    std::vector<tuple_lease> take_foreign(); // out of here

    // Those that wait here, a port each.
    struct place
    {
        const tuple_space* space;
        std::uint16_t port;
        auto operator<=>(const place&) const = default;
    };
    std::vector<place> waiting();

private:
    struct entry
    {
        tuple_lease lease;
        steady_time until;
        entry* next = nullptr;
    };

    void collect_added() noexcept; // under the mutex
    static void free_all(entry* first) noexcept;

    std::atomic<entry*> added_{nullptr};
    std::atomic<std::uint64_t> foreign_uses_{0};
    std::mutex sweeping_;
    entry* waiting_ = nullptr;
};

} // namespace fairlead::snat
