// Lets a dial be ended by who no longer needs it, at whatever step it is.
//
// The connect or handshake that is under way fails at once, and nothing more is begun; that says nothing of
// the backend. Thread: the worker's. Lifetime: outlives the dials that look at it.
#pragma once

#include "proxy/net/stream.hpp"

namespace fairlead::upstream {

class dial_stop
{
public:
    dial_stop() = default;
    dial_stop(const dial_stop&) = delete;
    dial_stop& operator=(const dial_stop&) = delete;

    void tell() noexcept;
    bool is_told() const noexcept { return is_told_; }

    // While it lives, tell() ends what waits on the stream, and what will.
    class watched
    {
    public:
        watched(dial_stop* by, net::stream& what) noexcept; // null: nobody will tell
        watched(const watched&) = delete;
        watched& operator=(const watched&) = delete;
        ~watched();

    private:
        dial_stop* const by_;
    };

private:
    net::stream* under_way_ = nullptr;
    bool is_told_ = false;
};

inline bool is_told(const dial_stop* stop) noexcept { return stop != nullptr && stop->is_told(); }

} // namespace fairlead::upstream
