#include "proxy/net/read_buffer.hpp"

#include "proxy/net/memory_account.hpp"
#include "proxy/net/spare_blocks.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace fairlead::net {

std::span<char> read_buffer::prepare(std::size_t total)
{
    const std::size_t size = end_ - begin_;
    if (size >= total) return {};
    if (begin_ != 0) {
        std::memmove(block_, block_ + begin_, size);
        begin_ = 0;
        end_ = size;
    }
    if (size == capacity_)
        grow(std::min(std::max(first_capacity, 2 * capacity_), std::max(total, first_capacity)));
    return {block_ + end_, std::min(capacity_, total) - end_};
}

void read_buffer::consume(std::size_t count) noexcept
{
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
}

void read_buffer::append(std::string_view bytes)
{
    if (bytes.empty()) return;
    if (end_ + bytes.size() > capacity_) grow(end_ + bytes.size());
    std::memcpy(block_ + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void read_buffer::release() noexcept
{
    if (block_ == nullptr) return;
    memory_account::give(metrics::memory_kind::heads, capacity_);
    give_block(block_, capacity_);
    block_ = nullptr;
    capacity_ = begin_ = end_ = 0;
}

void read_buffer::grow(std::size_t capacity)
{
    char* const block = static_cast<char*>(take_block(capacity));
    memory_account::take(metrics::memory_kind::heads, capacity);
    if (block_ != nullptr) memory_account::give(metrics::memory_kind::heads, capacity_);
    if (end_ != 0) std::memcpy(block, block_, end_);
    give_block(block_, capacity_);
    block_ = block;
    capacity_ = capacity;
}

void read_buffer::swap(read_buffer& other) noexcept
{
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
}

} // namespace fairlead::net
