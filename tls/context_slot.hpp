// The context that new handshakes take, exchanged under connections that go on with theirs.
//
// A slot lives as long as its listener or pool is known, over reloads and new certificates; what it holds is
// immutable. An SSL that was made from a context keeps what it needs of it alive by itself.
// Thread: any. current() takes a mutex for the copy of a pointer, once for each handshake. (The atomic
// shared_ptr of g++ 12 leaves its lock without release order in load(): ThreadSanitizer is right to call that
// a race.)
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace fairlead::tls {

template <class Context>
class context_slot
{
public:
    explicit context_slot(std::shared_ptr<const Context> first = nullptr)
        : held_(std::move(first))
    {}
    context_slot(const context_slot&) = delete;
    context_slot& operator=(const context_slot&) = delete;

    std::shared_ptr<const Context> current() const
    {
        const std::scoped_lock lock(mutex_);
        return held_;
    }
    // What was there goes outside of the lock: it may take a while.
    void replace(std::shared_ptr<const Context> next)
    {
        const std::scoped_lock lock(mutex_);
        held_.swap(next);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Context> held_;
};

} // namespace fairlead::tls
