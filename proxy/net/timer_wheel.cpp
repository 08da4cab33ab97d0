#include "proxy/net/timer_wheel.hpp"

#include <algorithm>

namespace fairlead::net {
namespace {

void ignore(wheel_entry&) noexcept {}

} // namespace

void wheel_entry::cancel() noexcept
{
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
}

void wheel_entry::link_before(wheel_entry& position) noexcept
{
    next_ = &position;
    previous_ = position.previous_;
    previous_->next_ = this;
    position.previous_ = this;
}

timer_wheel::slot_head::slot_head() noexcept
    : wheel_entry(&ignore)
{}

timer_wheel::timer_wheel(milliseconds_count now) noexcept
    : last_tick_(now / tick)
    , now_(now)
{
    for (auto& slot : slots_)
        slot.next_ = slot.previous_ = &slot;
}

timer_wheel::~timer_wheel()
{
    for (auto& slot : slots_) {
        while (slot.next_ != &slot)
            slot.next_->cancel();
        slot.next_ = slot.previous_ = nullptr;
    }
}

void timer_wheel::arm(wheel_entry& entry, milliseconds_count now, milliseconds_count delay) noexcept
{
    entry.cancel();
    // Rounded up to a tick, and past the tick that advance() has already fired.
    const milliseconds_count due_tick = std::max((now + delay + tick - 1) / tick, last_tick_ + 1);
    entry.due_ = due_tick * tick;
    entry.link_before(slot_of(entry.due_));
}

void timer_wheel::advance(milliseconds_count now) noexcept
{
    const milliseconds_count now_tick = now / tick;
    now_ = std::max(now_, now);
    if (now_tick <= last_tick_) return;
    // After a pause longer than a turn, one look at each slot is enough.
    const milliseconds_count steps = std::min(now_tick - last_tick_, slot_count);
    const milliseconds_count first = now_tick - steps + 1;
    last_tick_ = now_tick; // before the callbacks, so that what they arm lands in the future
    for (milliseconds_count step = 0; step < steps; ++step)
        fire_slot(slot_of((first + step) * tick), now);
}

void timer_wheel::fire_slot(wheel_entry& head, milliseconds_count now) noexcept
{
    if (head.next_ == &head) return;
    // The slot's entries move to a list of their own: callbacks may link into this very slot.
    slot_head waiting;
    waiting.next_ = head.next_;
    waiting.previous_ = head.previous_;
    waiting.next_->previous_ = waiting.previous_->next_ = &waiting;
    head.next_ = head.previous_ = &head;
    while (waiting.next_ != &waiting) {
        wheel_entry& entry = *waiting.next_;
        entry.cancel();
        if (entry.due_ > now)
            entry.link_before(head); // another turn
        else
            entry.on_due_(entry);
    }
    waiting.next_ = waiting.previous_ = nullptr;
}

} // namespace fairlead::net
