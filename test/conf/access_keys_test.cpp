#include "conf/access_keys.hpp"

#include "conf/config_diff.hpp"
#include "test/conf/reading.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace fairlead::conf {

namespace {

const std::string line = "ann:$6$salt$" + std::string(86, 'a') + "\n";

// A configuration in a folder beside its password file; `keys` are of a [[route]] to the pool "a".
struct folder_with_users
{
    scratch_folder folder;

    explicit folder_with_users(const std::string& users = line) { folder.write("users", users); }

    read_result read(const std::string& keys) const
    {
        return read_config(folder.write("t.toml", std::string(listen_line) + std::string(pool_lines) +
                                                      std::string(route_lines) + keys + "\n"));
    }
};

std::string only_error(const read_result& result)
{
    const auto errors = brief_errors(result);
    REQUIRE(errors.size() == 1);
    return errors[0];
}

bool has(const std::string& text, std::string_view part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a route may want a password, and its file is one of the configuration's")
{
    const folder_with_users at;
    const auto result =
        at.read("basic_auth = { file = \"users\", realm = \"a b\", forward_user = \"X-User\", "
                "pass_authorization = true }");
    REQUIRE(brief_errors(result).empty());
    const auto& auth = result.value.routes.at(0).edge.basic_auth;
    REQUIRE(auth);
    CHECK(auth->users.at(0).user == "ann");
    CHECK(auth->realm == "a b");
    CHECK(auth->forward_user == "X-User");
    CHECK(auth->pass_authorization);
    CHECK(result.value.routes[0].edge.has_gate());
    CHECK(std::ranges::find(result.value.files, auth->file) != result.value.files.end());

    const auto plain = at.read("basic_auth = { file = \"users\" }");
    CHECK(plain.value.routes.at(0).edge.basic_auth->realm == "restricted");
    CHECK_FALSE(plain.value.routes.at(0).edge.basic_auth->pass_authorization);
}

TEST_CASE("what is wrong with a password file is told with its line")
{
    const folder_with_users at(line + "bob:hunter2\n");
    const auto error = only_error(at.read("basic_auth = { file = \"users\" }"));
    CHECK(has(error, "users:2: the hash of 'bob'"));
    CHECK(error.find("hunter2") == std::string::npos);
    CHECK(has(only_error(folder_with_users("# nobody\n").read("basic_auth = { file = \"users\" }")),
              "has no users"));
    CHECK(has(only_error(at.read("basic_auth = { file = \"gone\" }")), "cannot be opened"));
    CHECK(has(only_error(at.read("basic_auth = {}")), "file"));
    std::string many;
    for (int i = 0; i < 15; ++i)
        many += "u" + std::to_string(i) + ":x\n";
    const auto errors = brief_errors(folder_with_users(many).read("basic_auth = { file = \"users\" }"));
    CHECK(errors.size() == 11);
}

TEST_CASE("a password stands alone in Authorization, and names one header")
{
    const folder_with_users at;
    CHECK(has(only_error(at.read("basic_auth = { file = \"users\", realm = 'a\"b' }")), "without"));
    CHECK(has(only_error(at.read("basic_auth = { file = \"users\", forward_user = \"Host\" }")),
              "cannot be set"));
    CHECK(has(only_error(at.read("basic_auth = { file = \"users\", forward_user = \"authorization\" }")),
              "set already"));
    CHECK(
        has(only_error(at.read("basic_auth = { file = \"users\", forward_user = \"X-U\" }\nauth_request = { "
                               "pool = \"a\", path = \"/\", copy_headers = [\"x-u\"] }")),
            "set already"));
    at.folder.write("key", "k");
    CHECK(has(only_error(at.read("basic_auth = { file = \"users\" }\njwt = { secret_file = \"key\" }")),
              "keep one"));
    CHECK(has(only_error(at.read("basic_auth = { file = \"users\", forward_user = \"X-U\" }\nadd_headers = { "
                                 "x-u = \"1\" }")),
              "set by the route already"));
}

TEST_CASE("a changed password is a change of its route, and is not shown")
{
    const folder_with_users at;
    const auto before = at.read("basic_auth = { file = \"users\" }");
    at.folder.write("users", "ann:$6$salt$" + std::string(86, 'b') + "\n");
    const auto diff = compare(before.value, at.read("basic_auth = { file = \"users\" }").value);
    REQUIRE(diff.routes.size() == 1);
    REQUIRE(diff.routes[0].keys.size() == 1);
    CHECK(diff.routes[0].keys[0] == key_change{"basic_auth", "", "", false});
}

TEST_CASE("compression is on by a flag or a table")
{
    const auto of = [](std::string_view keys) {
        const auto result = read_with_route(keys);
        CHECK(brief_errors(result).empty());
        return result.value.routes.at(0).edge.compression;
    };
    CHECK_FALSE(of(""));
    CHECK_FALSE(of("compression = false"));
    CHECK(of("compression = true") == compression_options{});
    CHECK(of("compression = {}") == compression_options{});
    const auto all = of("compression = { types = [\"Text/HTML\", \"image/*\", \"+JSON\"], min_size = \"0\", "
                        "level = 9, max_active = 1 }");
    CHECK(all == compression_options{{"text/html", "image/*", "+json"}, 0, 9, 1});
}

TEST_CASE("what is wrong with compression is told at its key")
{
    for (const std::string_view type : {"html", "*/*", "text/a*", "+", "text/", "/x", "text/html;q=1"}) {
        CAPTURE(type);
        CHECK(has(only_error(read_with_route("compression = { types = [\"" + std::string(type) + "\"] }")),
                  "6:"));
    }
    CHECK(has(only_error(read_with_route("compression = { types = [] }")), "names no type"));
    CHECK(has(only_error(read_with_route("compression = { level = 10 }")), "9"));
    CHECK(has(only_error(read_with_route("compression = 3")), "true, false or a table"));
}

} // namespace fairlead::conf
