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
    if (lease.use() == tuple_use::foreign) foreign_uses_.fetch_add(1, std::memory_order_relaxed);
    auto* fresh = new (std::nothrow) entry{std::move(lease), until};
    if (fresh == nullptr) return;
    fresh->next = added_.load(std::memory_order_relaxed);
    while (!added_.compare_exchange_weak(fresh->next, fresh, std::memory_order_release)) {
    }
}

void quarantine::collect_added() noexcept
{
    for (auto* each = added_.exchange(nullptr, std::memory_order_acquire); each != nullptr;) {
        auto* next = each->next;
        each->next = std::exchange(waiting_, each);
        each = next;
    }
}

std::size_t quarantine::sweep(steady_time now)
{
    const std::lock_guard lock(sweeping_);
    collect_added();
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

std::vector<tuple_lease> quarantine::take_foreign()
{
    const std::lock_guard lock(sweeping_);
    collect_added();
    std::vector<tuple_lease> out;
    for (entry** at = &waiting_; *at != nullptr;) {
        if ((*at)->lease.use() != tuple_use::foreign) {
            at = &(*at)->next;
            continue;
        }
        out.push_back(std::move((*at)->lease));
        delete std::exchange(*at, (*at)->next);
    }
    return out;
}

std::vector<quarantine::place> quarantine::waiting()
{
    const std::lock_guard lock(sweeping_);
    collect_added();
    std::vector<place> out;
    for (const auto* each = waiting_; each != nullptr; each = each->next)
        out.push_back({&each->lease.space(), each->lease.port()});
    return out;
}

} // namespace fairlead::snat
