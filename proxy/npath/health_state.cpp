#include "proxy/npath/health_state.hpp"

namespace fairlead::npath {

std::string_view to_string(health state) noexcept
{
    switch (state) {
    case health::checking: return "checking";
    case health::up: return "up";
    case health::draining: return "draining";
    case health::down: return "down";
    }
    return {};
}

void health_state::set_limits(std::uint32_t rise, std::uint32_t fall) noexcept
{
    rise_ = rise;
    fall_ = fall;
}

void health_state::move_to(health next) noexcept
{
    state_ = next;
    passes_ = 0;
    fails_ = 0;
}

bool health_state::on(check_outcome outcome) noexcept
{
    const health before = state_;
    passes_ = outcome == check_outcome::pass ? passes_ + 1 : 0;
    fails_ = outcome == check_outcome::fail ? fails_ + 1 : 0;
    const bool is_first = state_ == health::checking;
    switch (outcome) {
    case check_outcome::pass:
        if (is_first || (state_ != health::up && passes_ >= rise_)) move_to(health::up);
        break;
    case check_outcome::drain:
        if (state_ != health::down) move_to(health::draining);
        break;
    case check_outcome::fail:
        if (is_first || (state_ != health::down && fails_ >= fall_)) move_to(health::down);
        break;
    }
    return state_ != before;
}

std::chrono::milliseconds health_state::pause(std::chrono::milliseconds every) const noexcept
{
    const bool is_doubtful = fails_ != 0 && state_ != health::down;
    return is_doubtful ? every / fall_ : every;
}

} // namespace fairlead::npath
