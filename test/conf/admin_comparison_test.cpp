#include "conf/admin_comparison.hpp"

#include "conf/config_diff.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fairlead::conf {

namespace {

std::vector<std::string> changes(const std::string& before, const std::string& after)
{
    const auto a = read_with_top(before);
    const auto b = read_with_top(after);
    REQUIRE(brief_errors(a).empty());
    REQUIRE(brief_errors(b).empty());
    std::vector<std::string> out;
    for (const auto& each : compare(a.value, b.value).settings)
        out.push_back(each.key + (each.needs_restart ? "!" : ""));
    return out;
}

} // namespace

TEST_CASE("each key of [admin] that changes is told, and that it needs a restart")
{
    const std::string from = "[admin]\naddress = \"127.0.0.1:9900\"\n";
    CHECK(changes(from, from).empty());
    CHECK(changes("", from) == std::vector<std::string>{"admin.address!"});
    CHECK(changes(from, from + "socket = \"off\"") == std::vector<std::string>{"admin.socket!"});
    CHECK(changes(from, from + "socket = \"unix:/run/x\"") == std::vector<std::string>{"admin.socket!"});
    CHECK(changes(from, from + "socket_mode = \"0660\"") == std::vector<std::string>{"admin.socket_mode!"});
    CHECK(changes(from, from + "anonymous = \"read\"") == std::vector<std::string>{"admin.anonymous!"});
    CHECK(changes(from, from + "read_only = true") == std::vector<std::string>{"admin.read_only!"});
    CHECK(changes(from, from + "hosts = [\"a\"]") == std::vector<std::string>{"admin.hosts!"});
    const std::string tls = "tls = { certificates = [{ chain = \"c.pem\" }] }";
    CHECK(changes(from, from + tls) == std::vector<std::string>{"admin.tls!"});
}

} // namespace fairlead::conf
