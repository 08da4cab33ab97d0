#include "proxy/net/splice_pipe.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <unistd.h>

namespace fairlead::net {
namespace {

using ends = std::array<int, 2>;

void close_both(const ends& pipe) noexcept
{
    ::close(pipe[0]);
    ::close(pipe[1]);
}

struct pipes_of_thread
{
    std::array<ends, splice_pipe::most_at_hand> at_hand;
    unsigned count = 0;
    unsigned lent = 0;

    ~pipes_of_thread()
    {
        while (count > 0)
            close_both(at_hand[--count]);
    }
};

thread_local pipes_of_thread pipes;

} // namespace

splice_pipe splice_pipe::borrow() noexcept
{
    splice_pipe lent;
    if (pipes.lent >= most_lent) return lent;
    ends both{-1, -1};
    if (pipes.count > 0)
        both = pipes.at_hand[--pipes.count];
    else if (::pipe2(both.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return lent;
    else // More slots, for segments of 1.5 KB; where the user has too many pages in pipes, it goes without.
        ::fcntl(both[1], F_SETPIPE_SZ, static_cast<int>(most_bytes));
    ++pipes.lent;
    lent.out_ = both[0];
    lent.in_ = both[1];
    return lent;
}

splice_pipe& splice_pipe::operator=(splice_pipe&& other) noexcept
{
    if (this == &other) return *this;
    give_back();
    out_ = std::exchange(other.out_, -1);
    in_ = std::exchange(other.in_, -1);
    held_ = std::exchange(other.held_, 0);
    return *this;
}

void splice_pipe::give_back() noexcept
{
    if (!is_open()) return;
    const ends both{std::exchange(out_, -1), std::exchange(in_, -1)};
    --pipes.lent;
    if (held_ == 0 && pipes.count < most_at_hand)
        pipes.at_hand[pipes.count++] = both;
    else
        close_both(both);
    held_ = 0;
}

std::ptrdiff_t splice_pipe::take_from(int socket, std::size_t most) noexcept
{
    const std::size_t room = most_bytes - held_;
    const auto moved = ::splice(socket, nullptr, in_, nullptr, std::min(most, room), SPLICE_F_NONBLOCK);
    if (moved > 0) held_ += static_cast<std::size_t>(moved);
    return moved;
}

std::ptrdiff_t splice_pipe::give_to(int socket) noexcept
{
    const auto moved = ::splice(out_, nullptr, socket, nullptr, held_, SPLICE_F_NONBLOCK);
    if (moved > 0) held_ -= static_cast<std::size_t>(moved);
    return moved;
}

} // namespace fairlead::net
