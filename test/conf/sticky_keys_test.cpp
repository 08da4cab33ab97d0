#include "test/conf/reading.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

std::string text_with(std::string_view keys)
{
    return std::string(listen_line) + std::string(pool_lines) + std::string(keys) + "\n" +
           std::string(route_lines);
}

sticky_options read(std::string_view keys)
{
    const auto result = read_config_text(text_with(keys), "t.toml");
    CHECK(brief_errors(result).empty());
    REQUIRE(result.value.pools.at(0).sticky.has_value());
    return *result.value.pools[0].sticky;
}

std::string error_of(std::string_view keys)
{
    const auto errors = brief_errors(read_config_text(text_with(keys), "t.toml"));
    REQUIRE(errors.size() == 1);
    return errors[0];
}

} // namespace

TEST_CASE("a sticky cookie has a name, a secret and the attributes of a cookie")
{
    const auto plain = read("sticky = { by = \"cookie\", secret = \"0123456789abcdef\" }");
    CHECK(plain.by == sticky_key::cookie);
    CHECK(plain.name == "fairlead-a");
    CHECK(plain.secret == "0123456789abcdef");
    CHECK(plain.ttl == duration{0});
    CHECK(plain.path == "/");
    CHECK_FALSE(plain.secure);
    const auto full = read("sticky = { by = \"cookie\", name = \"SRV\", secret = \"0123456789abcdef\", "
                           "ttl = \"1h\", path = \"/chat\", domain = \"example.com\", same_site = \"none\", "
                           "secure = true }");
    CHECK(full.name == "SRV");
    CHECK(full.ttl == duration{3'600'000});
    CHECK(full.domain == "example.com");
    CHECK(full.same_site == same_site::none);
    CHECK(full.secure);
}

TEST_CASE("the other keys hash what the request has")
{
    CHECK(read("sticky = { by = \"header\", name = \"X-Room\" }").name == "x-room");
    CHECK(read("sticky = { by = \"query\", name = \"room\" }").by == sticky_key::query);
    CHECK(read("sticky = { by = \"app-cookie\", name = \"JSESSIONID\" }").by == sticky_key::app_cookie);
    CHECK(read("sticky = { by = \"path\" }").by == sticky_key::path);
    CHECK(read("sticky = { by = \"client\" }").by == sticky_key::client);
}

TEST_CASE("a secret may stand in a file beside the configuration, whose line end is not part of it")
{
    const scratch_folder folder;
    folder.write("sticky.key", "a secret of some length\n");
    folder.write("short.key", "short\n");
    const auto config = [&](std::string_view file) {
        return text_with("sticky = { by = \"cookie\", secret_file = \"" + std::string(file) + "\" }");
    };
    folder.write("good.toml", config("sticky.key"));
    folder.write("short.toml", config("short.key"));
    folder.write("missing.toml", config("none.key"));
    const auto good = read_config(folder.path() / "good.toml");
    CHECK(brief_errors(good).empty());
    CHECK(good.value.pools.at(0).sticky.value().secret == "a secret of some length");
    CHECK(brief_errors(read_config(folder.path() / "short.toml")).at(0).find("has 5 bytes") !=
          std::string::npos);
    CHECK(brief_errors(read_config(folder.path() / "missing.toml")).at(0).find("cannot be opened") !=
          std::string::npos);
}

TEST_CASE("what is wrong with stickiness is told at its key")
{
    const auto has = [](const std::string& error, std::string_view part) {
        INFO(error);
        return error.find(part) != std::string::npos;
    };
    CHECK(has(error_of("sticky = { by = \"cookie\" }"), "`secret` is required"));
    CHECK(has(error_of("sticky = { by = \"cookie\", secret = \"short\" }"), "has 5 bytes"));
    CHECK(has(error_of("sticky = { by = \"header\" }"), "is required"));
    CHECK(has(error_of("sticky = { by = \"header\", name = \"a b\" }"), "not a name"));
    CHECK(has(error_of("sticky = { by = \"client\", name = \"x\" }"), "means nothing"));
    CHECK(has(error_of("sticky = { by = \"query\", name = \"q\", ttl = \"1h\" }"), "only"));
    CHECK(has(error_of("sticky = { by = \"cookie\", secret = \"0123456789abcdef\", path = \"/a;b\" }"),
              "not a cookie's path"));
    CHECK(has(error_of("sticky = { by = \"cookie\", secret = \"0123456789abcdef\" }\n"
                       "rebalance = { rate = \"1/s\" }"),
              "leads nobody"));
    // Without quoting what is secret.
    CHECK_FALSE(has(error_of("sticky = { by = \"cookie\", secret = \"hush\" }"), "hush"));
}

} // namespace fairlead::conf
