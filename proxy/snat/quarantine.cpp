#include "proxy/snat/quarantine.hpp"

#include <new>
#include <utility>

namespace fairlead::snat {

quarantine::~quarantine()
{
    free_all(added_.load(std::memory_order_acquire));
    free_all(waiting_);
}

void quarantine::free_all(entry* first) noexcept
{
    while (first != nullptr)
        delete std::exchange(first, first->next);
}

void quarantine::add(tuple_lease lease, steady_time until) noexcept
{
    auto* fresh = new (std::nothrow) entry{std::move(lease), until};
    if (fresh == nullptr) return;
    fresh->next = added_.load(std::memory_order_relaxed);
    while (!added_.compare_exchange_weak(fresh->next, fresh, std::memory_order_release)) {
    }
}

std::size_t quarantine::sweep(steady_time now)
{
    const std::lock_guard lock(sweeping_);
    for (auto* each = added_.exchange(nullptr, std::memory_order_acquire); each != nullptr;) {
        auto* next = each->next;
        each->next = std::exchange(waiting_, each);
        each = next;
    }
    std::size_t returned = 0;
    for (entry** at = &waiting_; *at != nullptr;) {
        if ((*at)->until > now) {
            at = &(*at)->next;
            continue;
        }
        delete std::exchange(*at, (*at)->next);
        ++returned;
    }
    return returned;
}

} // namespace fairlead::snat
