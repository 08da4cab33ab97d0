#include "proxy/http/password_memory.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using namespace std::chrono_literals;
using credentials::secret_text;
using http::password_memory;

namespace {

const password_memory::time_point start = password_memory::time_point() + 1h;

} // namespace

TEST_CASE("what was right is known for a while, however often it is used")
{
    password_memory memory;
    const auto digest = memory.digest_of("ann", secret_text("pw"), "hash");
    CHECK_FALSE(memory.knows(digest, start));
    memory.remember(digest, start);
    CHECK(memory.knows(digest, start));
    CHECK(memory.knows(digest, start + password_memory::remembered_for - 1ms));
    CHECK_FALSE(memory.knows(digest, start + password_memory::remembered_for));
}

TEST_CASE("another user, password or hash is another digest, and so is another process's")
{
    password_memory memory;
    const auto digest = memory.digest_of("ann", secret_text("pw"), "hash");
    CHECK(digest == memory.digest_of("ann", secret_text("pw"), "hash"));
    CHECK(digest != memory.digest_of("anne", secret_text("pw"), "hash"));
    CHECK(digest != memory.digest_of("an", secret_text("npw"), "hash"));
    CHECK(digest != memory.digest_of("ann", secret_text("pw2"), "hash"));
    CHECK(digest != memory.digest_of("ann", secret_text("pw"), "hash2"));
    CHECK(digest != password_memory().digest_of("ann", secret_text("pw"), "hash"));
}

TEST_CASE("its size is bounded, and those whose time is over go first")
{
    password_memory memory;
    const auto digest = [&](int i) { return memory.digest_of(std::to_string(i), secret_text("pw"), "hash"); };
    constexpr std::size_t most = password_memory::shard_count * password_memory::most_of_each;
    for (int i = 0; i < static_cast<int>(most + most / 4); ++i)
        memory.remember(digest(i), start);
    CHECK(memory.size() <= most);
    CHECK(memory.size() > most / 2);
    const auto later = start + password_memory::remembered_for;
    for (int i = 0; i < 1000; ++i)
        memory.remember(digest(-1 - i), later);
    for (int i = 0; i < 1000; ++i)
        CHECK(memory.knows(digest(-1 - i), later));
}
