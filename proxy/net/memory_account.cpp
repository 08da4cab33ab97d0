#include "proxy/net/memory_account.hpp"

namespace fairlead::net {
namespace {

constinit thread_local memory_account* of_this_thread = nullptr;

} // namespace

memory_account::~memory_account()
{
    if (of_this_thread == this) of_this_thread = nullptr;
}

void memory_account::adopt_thread() noexcept { of_this_thread = this; }

void memory_account::take(metrics::memory_kind kind, std::size_t bytes) noexcept
{
    memory_account* const own = of_this_thread;
    if (own == nullptr) return;
    own->held_ += static_cast<std::int64_t>(bytes);
    own->cells_.memory[kind].add(static_cast<std::int64_t>(bytes));
}

void memory_account::give(metrics::memory_kind kind, std::size_t bytes) noexcept
{
    memory_account* const own = of_this_thread;
    if (own == nullptr) return;
    own->held_ -= static_cast<std::int64_t>(bytes);
    own->cells_.memory[kind].sub(static_cast<std::int64_t>(bytes));
}

memory_pressure memory_account::pressure() noexcept
{
    const memory_account* const own = of_this_thread;
    if (own == nullptr) return memory_pressure::none;
    if (own->held_ >= own->ceiling_) return memory_pressure::full;
    return own->is_high_ ? memory_pressure::high : memory_pressure::none;
}

void memory_account::count(metrics::shed what) noexcept
{
    if (of_this_thread != nullptr) of_this_thread->cells_.sheds[metrics::shortage::memory][what].add();
}

void memory_account::allow(std::int64_t ceiling, bool is_high) noexcept
{
    ceiling_ = ceiling;
    is_high_ = is_high;
}

} // namespace fairlead::net
