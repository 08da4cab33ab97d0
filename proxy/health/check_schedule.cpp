#include "proxy/health/check_schedule.hpp"

namespace fairlead::health {

std::chrono::milliseconds shortened(std::chrono::milliseconds pause, std::uint32_t lot) noexcept
{
    const auto most = static_cast<std::uint64_t>(pause.count() / 10);
    return pause - std::chrono::milliseconds(static_cast<std::int64_t>(lot % (most + 1)));
}

void check_schedule::set(check_id check, steady_time due)
{
    remove(check);
    checks_[check] = due;
    waiting_.emplace(due, check);
}

void check_schedule::remove(check_id check)
{
    const auto found = checks_.find(check);
    if (found == checks_.end()) return;
    if (found->second)
        waiting_.erase({*found->second, check});
    else
        --under_way_;
    checks_.erase(found);
}

bool check_schedule::is_under_way(check_id check) const { return !checks_.at(check); }

std::vector<check_schedule::check_id> check_schedule::take(steady_time now)
{
    std::vector<check_id> out;
    while (under_way_ < most_ && !waiting_.empty() && waiting_.begin()->first <= now) {
        const check_id check = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        checks_[check].reset();
        ++under_way_;
        out.push_back(check);
    }
    return out;
}

std::optional<steady_time> check_schedule::next() const
{
    if (waiting_.empty() || under_way_ >= most_) return std::nullopt;
    return waiting_.begin()->first;
}

} // namespace fairlead::health
