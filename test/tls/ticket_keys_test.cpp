#include "tls/ticket_keys.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {
namespace {

using namespace std::chrono_literals;

const ticket_keys::clock::time_point start{};

std::string record(char name) { return std::string(16, name) + std::string(32, 'h') + std::string(32, 'k'); }

} // namespace

TEST_SUITE("ticket_keys")
{
    TEST_CASE("an own key is replaced after its lifetime and opens for another")
    {
        ticket_keys keys(1h, start);
        const auto first = keys.newest();
        keys.rotate(start + 59min);
        CHECK(keys.newest().name == first.name);
        keys.rotate(start + 60min);
        const auto second = keys.newest();
        CHECK(second.name != first.name);
        REQUIRE(keys.find(first.name));
        CHECK_FALSE(keys.find(first.name)->is_newest);
        CHECK(keys.find(second.name)->is_newest);
        keys.rotate(start + 120min);
        CHECK_FALSE(keys.find(first.name));
        CHECK(keys.find(second.name));
    }

    TEST_CASE("a key that was too old already does not open")
    {
        ticket_keys keys(1h, start);
        const auto first = keys.newest();
        keys.rotate(start + 2h);
        CHECK_FALSE(keys.find(first.name));
    }

    TEST_CASE("keys of a file: the first seals, all open, time does not change them")
    {
        ticket_keys keys(1h, start);
        const auto own = keys.newest();
        CHECK_FALSE(keys.take_file(record('b') + record('a')));
        CHECK(keys.newest().name.front() == 'b');
        CHECK(keys.newest().hmac.front() == 'h');
        CHECK(keys.newest().aes.front() == 'k');
        std::array<std::uint8_t, 16> name{};
        name.fill('a');
        CHECK(keys.find(name));
        CHECK_FALSE(keys.find(own.name));
        keys.rotate(start + 100h);
        CHECK(keys.newest().name.front() == 'b');
    }

    TEST_CASE("a file that is no list of keys changes nothing")
    {
        ticket_keys keys(1h, start);
        const auto own = keys.newest();
        CHECK(keys.take_file("")->find("0 bytes") != std::string::npos);
        CHECK(keys.take_file(record('a') + "x")->find("81 bytes") != std::string::npos);
        CHECK(keys.take_file(record('a') + record('a'))->find("two keys of one name") != std::string::npos);
        std::string many;
        for (int i = 0; i < 65; ++i)
            many += record(static_cast<char>(i));
        CHECK(keys.take_file(many)->find("more than 64") != std::string::npos);
        CHECK(keys.newest().name == own.name);
    }

    TEST_CASE("own keys stay when they are taken again, and are new after a file")
    {
        ticket_keys keys(1h, start);
        const auto own = keys.newest();
        keys.take_own(2h, start + 30min);
        CHECK(keys.newest().name == own.name);
        keys.rotate(start + 90min);
        CHECK(keys.newest().name == own.name);
        CHECK_FALSE(keys.take_file(record('a')));
        keys.take_own(1h, start);
        CHECK(keys.newest().name != own.name);
    }
}

} // namespace fairlead::tls
