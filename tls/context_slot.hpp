// The context that new handshakes take, exchanged under connections that go on with theirs.
//
// A slot lives as long as its listener or pool is known, over reloads and new certificates; what it holds is
// immutable. An SSL that was made from a context keeps what it needs of it alive by itself.
// Thread: any. current() costs two atomic operations, once for each handshake.
#pragma once

#include <atomic>
#include <memory>
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

    std::shared_ptr<const Context> current() const noexcept { return held_.load(std::memory_order_acquire); }
    void replace(std::shared_ptr<const Context> next) noexcept
    {
        held_.store(std::move(next), std::memory_order_release);
    }

private:
    std::atomic<std::shared_ptr<const Context>> held_;
};

} // namespace fairlead::tls
