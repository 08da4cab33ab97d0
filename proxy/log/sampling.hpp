// Which exchanges are logged where one in so many is: decided by the request's id alone, so that every proxy
// which the request passes decides alike, and whoever logs one in 100 logs all that are logged one in 1,000.
//
// Pure. A client chooses its own id, and with it whether it is in the sample: it is for figures, not for
// evidence.
#pragma once

#include <cstdint>
#include <string_view>

namespace fairlead::log {

// One in 1 is all, one in 0 none.
bool is_in_sample(std::string_view id, std::uint32_t one_in) noexcept;

} // namespace fairlead::log
