#include "proxy/net/read_buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using fairlead::net::read_buffer;

namespace {

void put(read_buffer& buffer, std::string_view bytes, std::size_t total)
{
    while (!bytes.empty()) {
        const auto room = buffer.prepare(total);
        REQUIRE_FALSE(room.empty());
        const std::size_t take = std::min(room.size(), bytes.size());
        std::copy_n(bytes.data(), take, room.data());
        buffer.commit(take);
        bytes.remove_prefix(take);
    }
}

} // namespace

TEST_CASE("bytes come out as they went in, whatever is consumed between")
{
    read_buffer buffer;
    std::string expected;
    for (int i = 0; i < 500; ++i) {
        const std::string piece(static_cast<std::size_t>(i % 97 + 1), static_cast<char>('a' + i % 26));
        put(buffer, piece, 64 * 1024);
        expected += piece;
        const std::size_t take = std::min<std::size_t>(expected.size(), static_cast<std::size_t>(i % 50));
        buffer.consume(take);
        expected.erase(0, take);
        REQUIRE(buffer.unread() == expected);
    }
}

TEST_CASE("no room is given beyond the bound")
{
    read_buffer buffer;
    put(buffer, std::string(10'000, 'x'), 10'000);
    CHECK(buffer.prepare(10'000).empty());
    buffer.consume(1);
    CHECK(buffer.prepare(10'000).size() == 1);
}

TEST_CASE("released, it is empty and usable again")
{
    read_buffer buffer;
    put(buffer, "abc", 100);
    buffer.release();
    CHECK(buffer.empty());
    CHECK(buffer.unread().empty());
    buffer.append("next");
    CHECK(buffer.unread() == "next");
}
