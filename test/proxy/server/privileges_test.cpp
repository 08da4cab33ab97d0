#include "proxy/server/privileges.hpp"

#include "test/support/child.hpp"

#include <doctest/doctest.h>

#include <thread>

#include <grp.h>
#include <unistd.h>

using namespace fairlead;
using server::privilege;
using test::end_of_child;
using test::status_field;

namespace {

using privileges = std::vector<privilege>;

conf::listen_options listener(const char* text)
{
    conf::listen_options made;
    made.address = *conf::parse_endpoint(text);
    return made;
}

privileges needed(const char* address, conf::transparency transparent = conf::transparency::off)
{
    conf::config config;
    config.listeners.push_back(listener(address));
    config.pools.emplace_back().transparent = transparent;
    return server::needed_privileges(config, 1024);
}

server::account nobody()
{
    conf::process_options options;
    options.user = "nobody";
    return *server::find_account(options);
}

constexpr const char* no_capability = "0000000000000000";
constexpr const char* net_raw = "0000000000002000";   // 1 << CAP_NET_RAW
constexpr const char* net_admin = "0000000000001000"; // 1 << CAP_NET_ADMIN

} // namespace

TEST_CASE("a configuration needs no capability but for low ports and clients' own addresses")
{
    CHECK(needed("127.0.0.1:1024").empty());
    CHECK(needed("127.0.0.1:0").empty());
    CHECK(needed("unix:/run/a.sock").empty());
    CHECK(needed("127.0.0.1:443") == privileges{privilege::low_ports});
    CHECK(needed("127.0.0.1:8080", conf::transparency::address) == privileges{privilege::foreign_addresses});
    CHECK(needed("[::]:80", conf::transparency::address_and_port) ==
          privileges{privilege::low_ports, privilege::foreign_addresses});
}

TEST_CASE("a low port of the admin listener counts, and the kernel's own limit is what is low")
{
    conf::config config;
    config.admin.address = conf::parse_endpoint("127.0.0.1:900");
    CHECK(server::needed_privileges(config, 1024) == privileges{privilege::low_ports});
    CHECK(server::needed_privileges(config, 0).empty());
    CHECK(server::read_first_free_port() <= 1024);
}

TEST_CASE("who the process is told in words")
{
    const server::account who{"fairlead", 998, 997, true};
    CHECK(server::describe(who, {}) == "fairlead (uid 998, gid 997), with no capability");
    CHECK(server::describe(who, privileges{privilege::low_ports, privilege::foreign_addresses}) ==
          "fairlead (uid 998, gid 997), with CAP_NET_BIND_SERVICE and CAP_NET_RAW");
}

TEST_CASE("root becomes a user for good, with no group and no capability of before" *
          doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        server::become(nobody(), {});
        if (status_field("Uid") != "65534 65534 65534 65534") return 1;
        if (status_field("Gid") != "65534 65534 65534 65534") return 2;
        if (status_field("CapEff") != no_capability || status_field("CapPrm") != no_capability) return 3;
        if (status_field("CapInh") != no_capability || status_field("CapAmb") != no_capability) return 4;
        if (status_field("CapBnd") != no_capability) return 5;
        return ::setuid(0) == 0 || ::setgroups(0, nullptr) == 0 ? 6 : 0;
    });
    CHECK(end.code == 0);
}

TEST_CASE("what is needed is kept, and nothing beside it" * doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        server::become(nobody(), privileges{privilege::foreign_addresses});
        if (status_field("CapEff") != net_raw || status_field("CapPrm") != net_raw) return 1;
        return status_field("CapAmb") == no_capability ? 0 : 2;
    });
    CHECK(end.code == 0);
}

TEST_CASE("children have what is kept only where they are to" * doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        server::become(nobody(), privileges{privilege::network_tables}, server::heirs::children);
        server::forbid_new_privileges();
        if (status_field("CapAmb") != net_admin || status_field("CapInh") != net_admin) return 1;
        const auto child = end_of_child([] {
            return ::execl("/bin/grep", "grep", "-q", "^CapEff:.*0000000000001000", "/proc/self/status",
                           nullptr);
        });
        return child.code;
    });
    CHECK(end.code == 0);
}

TEST_CASE("further groups are those of the user, not those of root" * doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        const gid_t groups[] = {0, 4, 27};
        if (::setgroups(3, groups) != 0) return 1;
        server::become({"54321", 54321, 54321, false}, {});
        return ::getgroups(0, nullptr) == 0 ? 0 : 2;
    });
    CHECK(end.code == 0);
}

TEST_CASE("with threads that would keep their capabilities nothing is changed" *
          doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        std::thread other([] { ::pause(); });
        other.detach();
        try {
            server::become(nobody(), {});
        } catch (const std::runtime_error&) {
            return ::geteuid() == 0 ? 0 : 1;
        }
        return 2;
    });
    CHECK(end.code == 0);
}

TEST_CASE("who is no root cannot become another user, and is told so" * doctest::skip(::geteuid() != 0))
{
    const auto end = end_of_child([] {
        server::become(nobody(), {});
        server::become(nobody(), {}); // who is that user already has nothing to do
        try {
            server::become({"other", 1000, 1000, false}, {});
        } catch (const std::runtime_error& refused) {
            const std::string said = refused.what();
            return said.find("only root can become other: this process is uid 65534") != said.npos ? 0 : 1;
        }
        return 2;
    });
    CHECK(end.code == 0);
}
