// The passwords that were right a short time ago, so that a client which sends its own with every request is
// hashed for once in a while.
//
// Of each there is a digest alone: an HMAC, with a key that was drawn at random for this process, over the
// user, the password and the line of the hash. So nothing in memory can be guessed at without that key, and
// a line that changed in its file is another digest. Wrong passwords are not remembered.
// Bounds: `remembered_for` from the hashing on, however often it is used; 16,384 digests; beyond that those
// whose time is over are forgotten, then any. The time is passed in. Lifetime: the password_verifier's.
// Thread: any; a mutex of one of 16 shards is held for a look-up.
#pragma once

#include "proxy/credentials/secret_text.hpp"
#include "tls/keyed_digest.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::http {

class password_memory
{
public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::minutes remembered_for{5};
    static constexpr std::size_t shard_count = 16;
    static constexpr std::size_t most_of_each = 1'024;

    password_memory();
    password_memory(const password_memory&) = delete;
    password_memory& operator=(const password_memory&) = delete;
    ~password_memory();

    tls::keyed_digest digest_of(std::string_view user, const credentials::secret_text& password,
                                std::string_view hash) const;

    bool knows(const tls::keyed_digest& what, time_point now) const;
    void remember(const tls::keyed_digest& what, time_point now);
    std::size_t size() const;

private:
    struct shard;

    shard& shard_of(const tls::keyed_digest& what) const noexcept;

    std::array<char, 32> key_;
    std::unique_ptr<shard[]> shards_;
};

} // namespace fairlead::http
