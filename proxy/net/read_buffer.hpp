// Bytes that were read and not used yet, in one block that is given back while there are none (spare_blocks).
//
// Views into it are void after prepare(), append() and release(). Thread: one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fairlead::net {

class read_buffer
{
public:
    read_buffer() = default;
    read_buffer(read_buffer&& other) noexcept { swap(other); }
    read_buffer& operator=(read_buffer&& other) noexcept
    {
        swap(other);
        return *this;
    }
    ~read_buffer() { release(); }

    std::string_view unread() const noexcept { return {block_ + begin_, end_ - begin_}; }
    bool empty() const noexcept { return begin_ == end_; }

    // Room for at least one byte and up to `total` unread bytes in all; empty when `total` unread bytes are
    // there.
    std::span<char> prepare(std::size_t total);
    void commit(std::size_t count) noexcept { end_ += count; }
    void consume(std::size_t count) noexcept;
    void append(std::string_view bytes);

    void release() noexcept; // forgets everything and gives the block back

private:
    static constexpr std::size_t first_capacity = 4096;

    void grow(std::size_t capacity);
    void swap(read_buffer& other) noexcept;

    char* block_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace fairlead::net
