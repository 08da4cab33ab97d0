#include "proxy/net/read_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace fairlead::net {

std::span<char> read_buffer::prepare(std::size_t total)
{
    const std::size_t size = end_ - begin_;
    if (size >= total) return {};
    if (begin_ != 0) {
        std::memmove(block_.get(), block_.get() + begin_, size);
        begin_ = 0;
        end_ = size;
    }
    if (size == capacity_)
        grow(std::min(std::max(first_capacity, 2 * capacity_), std::max(total, first_capacity)));
    return {block_.get() + end_, std::min(capacity_, total) - end_};
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
    std::memcpy(block_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void read_buffer::release() noexcept
{
    block_.reset();
    capacity_ = begin_ = end_ = 0;
}

void read_buffer::grow(std::size_t capacity)
{
    auto block = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ != 0) std::memcpy(block.get(), block_.get(), end_);
    block_ = std::move(block);
    capacity_ = capacity;
}

} // namespace fairlead::net
