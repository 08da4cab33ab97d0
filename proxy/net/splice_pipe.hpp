// A pipe through which the kernel moves bytes from one plain socket to another without copying them
// (splice(2)): see stream::try_read() and try_write() of a pipe.
//
// Lent by the thread, which keeps those that come back empty, up to most_at_hand, and lends most_lent at
// once: whoever gets none copies. One that is given up with bytes in it is closed, and they are lost.
// What it may hold is the kernel's memory, at most most_bytes. Costs two descriptors. Thread: one.
#pragma once

#include <cstddef>
#include <utility>

namespace fairlead::net {

class splice_pipe
{
public:
    static constexpr std::size_t most_bytes = 256UL * 1024;
    static constexpr unsigned most_lent = 32;
    static constexpr unsigned most_at_hand = 4;

    // Not open when too many are lent or no descriptor is left.
    [[nodiscard]] static splice_pipe borrow() noexcept;

    splice_pipe() = default;
    splice_pipe(splice_pipe&& other) noexcept
        : out_(std::exchange(other.out_, -1))
        , in_(std::exchange(other.in_, -1))
        , held_(std::exchange(other.held_, 0))
    {}
    splice_pipe& operator=(splice_pipe&& other) noexcept;
    ~splice_pipe() { give_back(); }

    bool is_open() const noexcept { return in_ >= 0; }
    std::size_t held() const noexcept { return held_; } // bytes

    // Up to `most` bytes into it from a socket, or out of it into one; what splice(2) returns, with errno.
    std::ptrdiff_t take_from(int socket, std::size_t most) noexcept;
    std::ptrdiff_t give_to(int socket) noexcept;

private:
    void give_back() noexcept;

    int out_ = -1; // where what went in comes out
    int in_ = -1;
    std::size_t held_ = 0;
};

} // namespace fairlead::net
