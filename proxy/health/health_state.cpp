#include "proxy/health/health_state.hpp"

namespace fairlead::health {

std::string_view to_string(checked_state state) noexcept
{
    switch (state) {
    case checked_state::checking: return "checking";
    case checked_state::up: return "up";
    case checked_state::draining: return "draining";
    case checked_state::down: return "down";
    }
    return {};
}

void health_state::set_limits(std::uint32_t rise, std::uint32_t fall) noexcept
{
    rise_ = rise;
    fall_ = fall;
}

void health_state::move_to(checked_state next) noexcept
{
    state_ = next;
    passes_ = 0;
    fails_ = 0;
}

bool health_state::on(check_outcome outcome) noexcept
{
    const checked_state before = state_;
    passes_ = outcome == check_outcome::pass ? passes_ + 1 : 0;
    fails_ = outcome == check_outcome::fail ? fails_ + 1 : 0;
    const bool is_first = state_ == checked_state::checking;
    switch (outcome) {
    case check_outcome::pass:
        if (is_first || (state_ != checked_state::up && passes_ >= rise_)) move_to(checked_state::up);
        break;
    case check_outcome::drain:
        if (state_ != checked_state::down) move_to(checked_state::draining);
        break;
    case check_outcome::fail:
        if (is_first || (state_ != checked_state::down && fails_ >= fall_)) move_to(checked_state::down);
        break;
    }
    return state_ != before;
}

std::chrono::milliseconds health_state::pause(std::chrono::milliseconds every) const noexcept
{
    const bool is_doubtful = fails_ != 0 && state_ != checked_state::down;
    return is_doubtful ? every / fall_ : every;
}

} // namespace fairlead::health
