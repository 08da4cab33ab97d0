// OpenSSL's memory in the hands of a test: it may run out, and be searched for what should not be left in it.
//
// OpenSSL takes an allocator only before it has allocated anything, so it is set before main(). Each test has
// one thread.
#pragma once

#include <doctest/doctest.h>

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>

namespace fairlead::test {

class openssl_memory
{
public:
    openssl_memory() { REQUIRE(is_set); }
    openssl_memory(const openssl_memory&) = delete;
    openssl_memory& operator=(const openssl_memory&) = delete;
    ~openssl_memory()
    {
        is_out = is_watched = false;
        blocks.clear();
    }

    void run_out() { is_out = true; }
    void refill() { is_out = false; }

    // From here on, of what is allocated.
    void watch() { is_watched = true; }
    bool holds(std::span<const std::uint8_t> bytes) const
    {
        return std::ranges::any_of(blocks, [&](const auto& each) {
            const std::span inside(static_cast<const std::uint8_t*>(each.first), each.second);
            return std::search(inside.begin(), inside.end(), bytes.begin(), bytes.end()) != inside.end();
        });
    }

private:
    static void* give(std::size_t size, const char*, int)
    {
        void* const made = is_out ? nullptr : std::malloc(size);
        if (made != nullptr && is_watched) blocks[made] = size;
        return made;
    }
    static void* resize(void* old, std::size_t size, const char*, int)
    {
        if (is_out) return nullptr;
        if (is_watched) blocks.erase(old);
        void* const made = std::realloc(old, size);
        if (made != nullptr && is_watched) blocks[made] = size;
        return made;
    }
    static void take_back(void* old, const char*, int)
    {
        if (is_watched) blocks.erase(old);
        std::free(old);
    }

    static inline bool is_out = false;
    static inline bool is_watched = false;
    static inline std::map<void*, std::size_t> blocks;
    static inline const bool is_set = CRYPTO_set_mem_functions(&give, &resize, &take_back) == 1;
};

} // namespace fairlead::test
