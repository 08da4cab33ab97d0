#include "proxy/discovery/name_memory.hpp"

#include <doctest/doctest.h>

namespace fairlead::discovery {

namespace {

using std::chrono::seconds;

address_reply good(std::initializer_list<const char*> texts, int ttl = 10)
{
    address_reply out;
    for (const auto* text : texts)
        out.found.values.push_back(*conf::parse_ip_address(text));
    out.found.ttl = seconds(ttl);
    return out;
}

address_reply bad(look_failure why)
{
    address_reply out;
    out.failure = why;
    return out;
}

std::string brief(const name_memory::view& of)
{
    std::string out;
    for (const auto& each : of.addresses)
        out += conf::to_string(each) + " ";
    return out + (of.failure ? std::string(word_of(*of.failure)) : "");
}

} // namespace

TEST_SUITE("name_memory")
{
    TEST_CASE("both families count, with the least TTL")
    {
        name_memory name;
        const auto view = name.settle(good({"10.0.0.1"}, 30), good({"fd00::1"}, 20));
        CHECK(brief(view) == "10.0.0.1 fd00::1 ");
        CHECK(view.ttl == seconds(20));
    }

    TEST_CASE("a family without records has none, and that is no failure")
    {
        name_memory name;
        (void)name.settle(good({"10.0.0.1"}), good({"fd00::1"}));
        CHECK(brief(name.settle(good({"10.0.0.1"}), bad(look_failure::no_data))) == "10.0.0.1 ");
        CHECK(brief(name.settle(bad(look_failure::no_such_name), good({"fd00::2"}))) == "fd00::2 ");
    }

    TEST_CASE("of a family that cannot be asked the last addresses stay")
    {
        name_memory name;
        (void)name.settle(good({"10.0.0.1"}), good({"fd00::1"}));
        CHECK(brief(name.settle(good({"10.0.0.2"}), bad(look_failure::timeout))) ==
              "10.0.0.2 fd00::1 timeout");
        CHECK(brief(name.settle(bad(look_failure::server_failure), bad(look_failure::no_data))) ==
              "10.0.0.2 fd00::1 server_failure");
        CHECK(brief(name.settle(bad(look_failure::no_data), bad(look_failure::server_failure))) ==
              "10.0.0.2 fd00::1 server_failure");
    }

    TEST_CASE("a name that is gone, or has no addresses at all, keeps the last ones")
    {
        name_memory name;
        (void)name.settle(good({"10.0.0.1"}), bad(look_failure::no_data));
        CHECK(brief(name.settle(bad(look_failure::no_such_name), bad(look_failure::no_such_name))) ==
              "10.0.0.1 no_such_name");
        CHECK(brief(name.settle(bad(look_failure::no_data), bad(look_failure::no_data))) ==
              "10.0.0.1 no_data");
    }

    TEST_CASE("a name that never had addresses has none")
    {
        name_memory name;
        CHECK(brief(name.settle(bad(look_failure::timeout), bad(look_failure::timeout))) == "timeout");
    }
}

} // namespace fairlead::discovery
