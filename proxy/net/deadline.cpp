#include "proxy/net/deadline.hpp"

namespace fairlead::net {

milliseconds_count steady_now_ms() noexcept
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<milliseconds_count>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void deadline::arm(std::chrono::milliseconds delay) noexcept
{
    has_expired_ = false;
    if (delay.count() == 0)
        cancel();
    else
        wheel_.arm(*this, steady_now_ms(), static_cast<milliseconds_count>(delay.count()));
}

void deadline::on_due(wheel_entry& entry) noexcept
{
    auto& self = static_cast<deadline&>(entry);
    self.has_expired_ = true;
    for (channel* const guarded : self.guarded_) {
        if (guarded != nullptr) guarded->cancel();
    }
}

} // namespace fairlead::net
