#include "proxy/upstream/serving_share.hpp"

namespace fairlead::upstream {

serving_share count_serving(std::span<const std::shared_ptr<backend>> backends, steady_time now) noexcept
{
    serving_share out;
    for (const auto& each : backends) {
        if (each->is_draining()) continue;
        ++out.all;
        if (each->is_serving(now) && each->backoff().failures() == 0) ++out.up;
    }
    return out;
}

} // namespace fairlead::upstream
