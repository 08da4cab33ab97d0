#include "proxy/discovery/dns_records.hpp"

#include <doctest/doctest.h>

namespace fairlead::discovery {

namespace {

using std::chrono::seconds;
using byte_list = std::vector<unsigned char>;

void add(byte_list& to, std::initializer_list<unsigned> numbers)
{
    for (const unsigned each : numbers)
        to.push_back(static_cast<unsigned char>(each));
}

// An answer to a question for "a."; records are added behind.
byte_list answer(unsigned kind, unsigned record_count)
{
    byte_list out;
    add(out, {0, 1, 0x81, 0x80, 0, 1, record_count >> 8, record_count & 0xff, 0, 0, 0, 0});
    add(out, {1, 'a', 0, 0, kind, 0, 1});
    return out;
}

void add_record(byte_list& to, unsigned kind, unsigned ttl, const byte_list& data)
{
    add(to, {0xc0, 12, 0, kind, 0, 1, ttl >> 24, ttl >> 16 & 0xff, ttl >> 8 & 0xff, ttl & 0xff});
    add(to, {static_cast<unsigned>(data.size() >> 8), static_cast<unsigned>(data.size() & 0xff)});
    to.insert(to.end(), data.begin(), data.end());
}

byte_list ip4(unsigned last) { return {10, 0, 0, static_cast<unsigned char>(last)}; }

byte_list service(unsigned priority, unsigned weight, unsigned port, std::string_view label)
{
    byte_list out;
    add(out, {priority >> 8, priority & 0xff, weight >> 8, weight & 0xff, port >> 8, port & 0xff});
    if (!label.empty()) out.push_back(static_cast<unsigned char>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
    out.push_back(0);
    return out;
}

constexpr unsigned a = 1, aaaa = 28, srv = 33;

} // namespace

TEST_SUITE("dns_records")
{
    TEST_CASE("addresses come with the least TTL of the answer (RFC 1035 3.2.1)")
    {
        auto bytes = answer(a, 2);
        add_record(bytes, a, 300, ip4(1));
        add_record(bytes, a, 20, ip4(2));
        const auto reply = read_addresses(bytes, false, 2);
        REQUIRE_FALSE(reply.failure);
        REQUIRE(reply.found.values.size() == 2);
        CHECK(conf::to_string(reply.found.values[1]) == "10.0.0.2");
        CHECK(reply.found.ttl == seconds(20));
    }

    TEST_CASE("an IPv6 address is read (RFC 3596)")
    {
        auto bytes = answer(aaaa, 1);
        add_record(bytes, aaaa, 5, {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7});
        const auto reply = read_addresses(bytes, true, 8);
        REQUIRE_FALSE(reply.failure);
        CHECK(conf::to_string(reply.found.values.at(0)) == "fd00::7");
    }

    TEST_CASE("a TTL with its first bit set is 0 (RFC 2181 8)")
    {
        auto bytes = answer(a, 1);
        add_record(bytes, a, 0x8000'0001, ip4(1));
        CHECK(read_addresses(bytes, false, 8).found.ttl == seconds(0));
    }

    TEST_CASE("more addresses than the most are too many")
    {
        auto bytes = answer(a, 3);
        for (unsigned i = 1; i <= 3; ++i)
            add_record(bytes, a, 60, ip4(i));
        CHECK(read_addresses(bytes, false, 2).failure == look_failure::too_many);
        CHECK_FALSE(read_addresses(bytes, false, 3).failure);
    }

    TEST_CASE("an answer without records of the kind has no data")
    {
        CHECK(read_addresses(answer(a, 0), false, 8).failure == look_failure::no_data);
        CHECK(read_services(answer(srv, 0), 8).failure == look_failure::no_data);
    }

    TEST_CASE("addresses that nobody is at make the answer invalid")
    {
        for (const byte_list& data :
             {byte_list{0, 0, 0, 0}, byte_list{224, 0, 0, 1}, byte_list{255, 255, 255, 255}}) {
            auto bytes = answer(a, 2);
            add_record(bytes, a, 60, ip4(1));
            add_record(bytes, a, 60, data);
            CHECK(read_addresses(bytes, false, 8).failure == look_failure::invalid);
        }
    }

    TEST_CASE("services are read with port, priority and weight (RFC 2782)")
    {
        auto bytes = answer(srv, 2);
        add_record(bytes, srv, 30, service(10, 5, 9000, "one"));
        add_record(bytes, srv, 40, service(20, 0, 9001, "two"));
        const auto reply = read_services(bytes, 8);
        REQUIRE_FALSE(reply.failure);
        REQUIRE(reply.found.values.size() == 2);
        CHECK(reply.found.values[0].target == "one");
        CHECK(reply.found.values[0].port == 9000);
        CHECK(reply.found.values[0].priority == 10);
        CHECK(reply.found.values[0].weight == 5);
        CHECK(reply.found.ttl == seconds(30));
        CHECK(read_services(bytes, 1).failure == look_failure::too_many);
    }

    TEST_CASE("a service at the root is not offered, and one without a port or a name is invalid")
    {
        auto nowhere = answer(srv, 1);
        add_record(nowhere, srv, 30, service(0, 0, 0, ""));
        CHECK(read_services(nowhere, 8).failure == look_failure::no_data);
        auto no_port = answer(srv, 1);
        add_record(no_port, srv, 30, service(0, 0, 0, "one"));
        CHECK(read_services(no_port, 8).failure == look_failure::invalid);
        auto no_name = answer(srv, 1);
        add_record(no_name, srv, 30, service(0, 0, 1, "o/e"));
        CHECK(read_services(no_name, 8).failure == look_failure::invalid);
    }

    TEST_CASE("an answer that ends anywhere too early is a failure, whatever it is")
    {
        auto bytes = answer(srv, 2);
        add_record(bytes, srv, 30, service(10, 5, 9000, "one"));
        add_record(bytes, srv, 30, service(10, 5, 9000, "two"));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const byte_list part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK(read_services(part, 8).failure);
            CHECK(read_addresses(part, false, 8).failure);
            CHECK(read_addresses(part, true, 8).failure);
        }
    }

    TEST_CASE("a changed byte never does harm")
    {
        auto bytes = answer(srv, 1);
        add_record(bytes, srv, 30, service(10, 5, 9000, "one"));
        for (std::size_t at = 0; at < bytes.size(); ++at) {
            for (unsigned value = 0; value < 256; ++value) {
                auto changed = bytes;
                changed[at] = static_cast<unsigned char>(value);
                const auto reply = read_services(changed, 8);
                CHECK((reply.failure || reply.found.values.size() == 1));
            }
        }
    }
}

} // namespace fairlead::discovery
