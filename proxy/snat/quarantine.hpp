// Leases that are over for us and not yet for the kernel, each until its time.
//
// Shape: a stack that any thread pushes to, and a list that only sweep() touches; about 48 bytes for each.
// Without memory for that, a lease is given back at once: the kernel then refuses the tuple, no more.
// Thread: add() any, lock-free; sweep() takes a mutex.
#pragma once

#include "proxy/snat/tuple_space.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

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

private:
    struct entry
    {
        tuple_lease lease;
        steady_time until;
        entry* next = nullptr;
    };

    static void free_all(entry* first) noexcept;

    std::atomic<entry*> added_{nullptr};
    std::mutex sweeping_;
    entry* waiting_ = nullptr;
};

} // namespace fairlead::snat
