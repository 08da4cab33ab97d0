#include "conf/known_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

// What every service needs, on lines 2 to 5; line 1 is its header.
constexpr std::string_view needed = "address = \"10.5.0.100\"\nport = 80\ninterface = \"e0\"\n"
                                    "backends = [\"10.5.0.21\"]\n";

read_result read_for_npath(std::string_view text)
{
    return read_config_text(text, "t.toml", {}, config_purpose::npath);
}

read_result read_service(std::string_view keys)
{
    return read_for_npath("[npath.a]\n" + std::string(keys) + "\n");
}

brief_list errors_with(std::string_view key)
{
    return brief_errors(read_service(std::string(needed) + std::string(key)));
}

brief_list errors_of_backends(std::string_view list)
{
    return brief_errors(read_service("address = \"10.5.0.100\"\nport = 80\ninterface = \"e0\"\nbackends = " +
                                     std::string(list)));
}

} // namespace

TEST_CASE("every key of a service reaches its field")
{
    const auto result = read_service(R"(address = "fd05::100"
port = 443
interface = "eth0.7"
backends = ["fd05::21", { address = "fd05:0::22", weight = 0 }]
health = { path = "/readyz", port = 9900, every = "500ms", timeout = "200ms", rise = 4, fall = 5 }
flow_timeout = "30m"
slots = 4093
persist = true)");
    REQUIRE(brief_errors(result).empty());
    REQUIRE(result.value.npath.size() == 1);
    const auto& service = result.value.npath[0];
    CHECK(service.name == "a");
    CHECK(to_string(service.address) == "fd05::100");
    CHECK(service.port == 443);
    CHECK(service.interface == "eth0.7");
    REQUIRE(service.backends.size() == 2);
    CHECK(service.backends[0].weight == 1);
    CHECK(to_string(service.backends[1].address) == "fd05::22");
    CHECK(service.backends[1].weight == 0);
    CHECK(service.backends[1].where.column == 25);
    CHECK(service.health == npath_check_options{check_kind::http, "/readyz", 9900, {500ms, 200ms, 4, 5}});
    CHECK(service.flow_timeout == 30min);
    CHECK(service.slots == 4093);
    CHECK(service.persist);
    CHECK(service.where.line == 1);
}

TEST_CASE("a service of what is needed has the defaults, and is checked on its own port")
{
    const auto result = read_service(needed);
    REQUIRE(result.ok());
    const auto& service = result.value.npath[0];
    npath_check_options expected;
    expected.port = 80;
    CHECK(service.health == expected);
    CHECK(service.flow_timeout == 1h);
    CHECK(service.slots == 1021);
    CHECK_FALSE(service.persist);
}

TEST_CASE("the schema's defaults and examples of a service are accepted and are the structs'")
{
    for (const auto& row : known_keys()) {
        CAPTURE(full_name(row));
        const bool is_key = row.section == "npath.NAME" && !row.required;
        const bool is_check = row.section == "npath.NAME.health";
        const auto line = [&](std::string_view value) {
            const auto pair = std::string(row.name) + " = " + std::string(value);
            const std::string_view path = row.name == "kind" ? ", path = \"/\"" : "";
            return is_check ? "health = { " + pair + std::string(path) + " }" : pair;
        };
        if (is_key || is_check) {
            CHECK(errors_with(line(row.example)).empty());
        }
        if ((is_key || is_check) && !row.default_text.empty() && row.name != "kind") {
            const auto by_default = read_service(std::string(needed) + line(row.default_text));
            REQUIRE(brief_errors(by_default).empty());
            const auto plain = read_service(needed);
            CHECK(by_default.value.npath[0].health == plain.value.npath[0].health);
            CHECK(by_default.value.npath[0].flow_timeout == plain.value.npath[0].flow_timeout);
            CHECK(by_default.value.npath[0].slots == plain.value.npath[0].slots);
            CHECK(by_default.value.npath[0].persist == plain.value.npath[0].persist);
        }
    }
}

TEST_CASE("a file of services alone is whole for npath, and the proxy says what it lacks")
{
    const auto text = "[npath.a]\n" + std::string(needed);
    CHECK(read_for_npath(text).ok());
    CHECK(brief_errors(read_config_text(text, "t.toml")) ==
          brief_list{"0:0 there is no [[listen]]: say on which address to listen",
                     "0:0 there is no [pool.NAME]: say which backends to send requests to",
                     "0:0 there is no [[route]]: say which requests go to which pool",
                     "0:0 it holds only [npath.NAME], which is for `fairlead npath`"});
}

TEST_CASE("a proxy's file is nothing to npath, and one file may hold both")
{
    const auto proxy = std::string(listen_line) + std::string(pool_lines) + std::string(route_lines);
    CHECK(
        brief_errors(read_for_npath(proxy)) ==
        brief_list{"0:0 there is no [npath.NAME]: say which address and port to forward to which backends"});
    const auto both = proxy + "[npath.a]\n" + std::string(needed);
    CHECK(read_for_npath(both).ok());
    CHECK(read_config_text(both, "t.toml").ok());
}

TEST_CASE("the rest of the file is checked whatever it is read for")
{
    CHECK(brief_errors(read_for_npath("[npath.a]\n" + std::string(needed) + "[[route]]\npool = \"x\"\n")) ==
          brief_list{"7:8 route[0].pool: there is no pool 'x'"});
    CHECK(brief_errors(read_with_top("[npath.a]\nport = 0")).size() == 4);
}

TEST_CASE("what a service needs is asked for")
{
    CHECK(brief_errors(read_service("")) == brief_list{"1:1 npath.a: the key 'address' is missing",
                                                       "1:1 npath.a: the key 'port' is missing",
                                                       "1:1 npath.a: the key 'interface' is missing",
                                                       "1:1 npath.a: the key 'backends' is missing"});
    CHECK(brief_errors(read_for_npath("npath = 1")) ==
          brief_list{"1:9 npath: a service is a table with its name: [npath.NAME]"});
    CHECK(brief_errors(read_for_npath("[npath.\"a b\"]\n" + std::string(needed))) ==
          brief_list{"1:8 npath.a b: a service's name is 1 to 64 letters, digits, '-', '_' and '.'"});
}

TEST_CASE("addresses, ports and interfaces that are none are refused with their place")
{
    CHECK(
        brief_errors(read_service("address = \"10.5.0.0/24\"\nport = 70000\ninterface = \"a/b\"\n"
                                  "backends = [\"10.5.0.21\"]")) ==
        brief_list{"2:11 npath.a.address: '10.5.0.0/24' is not an IP address, such as 10.5.0.21 or fd05::21",
                   "3:8 npath.a.port: 70000 is out of range: 1 to 65535",
                   "4:13 npath.a.interface: 'a/b' is not the name of an interface"});
}

TEST_CASE("backends are addresses of the service's family, once each, and none of them is the service's own")
{
    CHECK(errors_of_backends("[]") ==
          brief_list{"5:12 npath.a.backends: a service needs at least one backend"});
    CHECK(
        errors_of_backends("[\"10.5.0.21:80\"]") ==
        brief_list{
            "5:13 npath.a.backends[0]: '10.5.0.21:80' is not an IP address, such as 10.5.0.21 or fd05::21"});
    CHECK(errors_of_backends("[\"10.5.0.100\"]") ==
          brief_list{"5:13 npath.a.backends[0]: 10.5.0.100 is the service's own address; a backend is "
                     "named by another address of its machine"});
    CHECK(errors_of_backends("[\"fd05::21\"]") ==
          brief_list{"5:13 npath.a.backends[0]: fd05::21 is IPv6, the service's address is not; each "
                     "family is a service of its own"});
    CHECK(
        errors_of_backends("[\"10.5.0.21\", { address = \"10.5.0.21\" }]") ==
        brief_list{"5:26 npath.a.backends[1]: 10.5.0.21 is listed twice; to send it more, give it a weight"});
    CHECK(errors_of_backends("[{ address = \"10.5.0.21\", weight = 101 }]") ==
          brief_list{"5:47 npath.a.backends[0].weight: 101 is out of range: 1 to 100, or 0"});
    std::string many = "[";
    for (int i = 1; i <= 129; ++i) {
        many += "\"10.6.0." + std::to_string(i) + "\",";
    }
    CHECK(errors_of_backends(many + "]") ==
          brief_list{"5:12 npath.a.backends: 129 are more than the 128 that a service may have"});
}

TEST_CASE("a check is by TCP or by a GET, and has the keys of its kind")
{
    const auto kind_of = [](std::string_view health) {
        const auto result = read_service(std::string(needed) + "health = " + std::string(health));
        REQUIRE(brief_errors(result).empty());
        return result.value.npath[0].health.kind;
    };
    CHECK(kind_of("{}") == check_kind::tcp);
    CHECK(kind_of("{ path = \"/x?y=1\" }") == check_kind::http);
    CHECK(kind_of("{ kind = \"http\", path = \"/\" }") == check_kind::http);
    CHECK(errors_with("health = { kind = \"http\" }") ==
          brief_list{"6:19 npath.a.health.kind: an HTTP check needs a path, such as \"/readyz\""});
    CHECK(errors_with("health = { kind = \"tcp\", path = \"/\" }") ==
          brief_list{"6:33 npath.a.health.path: a TCP check asks for no path; kind = \"http\" does"});
    CHECK(errors_with("health = { path = \"x y\" }") ==
          brief_list{"6:19 npath.a.health.path: 'x y' is not a path, such as \"/readyz\""});
    CHECK(errors_with("health = { every = \"1s\", timeout = \"2s\" }") ==
          brief_list{"6:36 npath.a.health.timeout: 2s is longer than every, which is 1s"});
    CHECK(errors_with("health = { every = \"200ms\" }").empty());
}

TEST_CASE("slots are a prime, and the next one is named")
{
    CHECK(errors_with("slots = 1000") == brief_list{"6:9 npath.a.slots: 1000 is not a prime; 1009 is"});
    CHECK(errors_with("slots = 16381").empty());
    CHECK(errors_with("slots = 251").empty());
    CHECK(errors_with("slots = 127").size() == 1);
}

TEST_CASE("an address and port is served once")
{
    const auto two = "[npath.a]\n" + std::string(needed) + "[npath.b]\n" + std::string(needed);
    CHECK(brief_errors(read_for_npath(two)) ==
          brief_list{"7:11 npath.b.address: 10.5.0.100 port 80 is served already, at t.toml:1:8"});
}

} // namespace fairlead::conf
