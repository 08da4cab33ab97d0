// A secret in memory: moved and never copied, and wiped when it goes.
//
// With a NUL behind it, for those who want a C string. Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include <string.h> // explicit_bzero

namespace fairlead::credentials {

class secret_text
{
public:
    secret_text() = default;
    explicit secret_text(std::string_view text)
        : bytes_(std::make_unique<char[]>(text.size() + 1))
        , size_(text.size())
    {
        std::memcpy(bytes_.get(), text.data(), text.size());
    }
    secret_text(secret_text&& other) noexcept
        : bytes_(std::move(other.bytes_))
        , size_(std::exchange(other.size_, 0))
    {}
    secret_text& operator=(secret_text&& other) noexcept
    {
        if (this == &other) return *this;
        wipe();
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
        return *this;
    }
    ~secret_text() { wipe(); }

    std::string_view view() const noexcept { return {c_str(), size_}; }
    const char* c_str() const noexcept { return bytes_ ? bytes_.get() : ""; }

private:
    void wipe() noexcept
    {
        if (bytes_) ::explicit_bzero(bytes_.get(), size_); // which no compiler leaves out
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

} // namespace fairlead::credentials
