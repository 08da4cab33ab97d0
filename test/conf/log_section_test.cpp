#include "conf/log_section.hpp"

#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

std::vector<std::string> field_names(std::string_view list)
{
    const auto result = read_with_top("[log]\naccess_fields = " + std::string(list));
    REQUIRE(brief_errors(result).empty());
    std::vector<std::string> names;
    for (const auto& each : result.value.log.access_fields)
        names.push_back(each.name);
    return names;
}

std::string first_error(std::string_view keys)
{
    const auto errors = brief_errors(read_with_top("[log]\n" + std::string(keys)));
    return errors.empty() ? "" : errors[0];
}

} // namespace

TEST_CASE("fields of the access log are kept in their order, headers in lower case")
{
    CHECK(field_names("[\"status\", \"header:User-Agent\", \"time\"]") ==
          brief_list{"status", "header:user-agent", "time"});
    CHECK(field_names("\"duration\"") == brief_list{"duration"});
}

TEST_CASE("every field of the log can be chosen")
{
    for (const auto& row : log_fields()) {
        if (row.what == log_field::header) continue;
        const auto result = read_with_top("[log]\naccess_fields = \"" + std::string(row.name) + "\"");
        CAPTURE(row.name);
        REQUIRE(result.ok());
        CHECK(result.value.log.access_fields ==
              std::vector<chosen_log_field>{{row.what, std::string(row.name)}});
    }
}

TEST_CASE("a field that there is not is an error with the nearest name")
{
    CHECK(first_error("access_fields = [\"time\", \"sttaus\"]") ==
          "3:26 log.access_fields[1]: 'sttaus' is no field of the access log (docs/operations.md has them) "
          "(did "
          "you mean 'status'?)");
    CHECK(first_error("access_fields = \"header:NAME\"").empty());
    CHECK(first_error("access_fields = \"header:a b\"").find("'a b' is not a header name") !=
          std::string::npos);
    CHECK(first_error("access_fields = \"header:\"").find("is not a header name") != std::string::npos);
    CHECK(first_error("access_fields = [\"time\", \"time\"]").find("'time' is listed twice") !=
          std::string::npos);
    CHECK(first_error("access_fields = [\"header:a\", \"header:A\"]").find("listed twice") !=
          std::string::npos);
    CHECK(first_error("access_fields = []").empty());
    CHECK(first_error("access_fields = [1]").find("wants text in quotes") != std::string::npos);
}

TEST_CASE("headers that open doors are not logged")
{
    for (const auto* name : {"Authorization", "proxy-authorization", "COOKIE", "Set-Cookie", "X-Api-Key"}) {
        CAPTURE(name);
        CHECK(first_error("access_fields = \"header:" + std::string(name) + "\"")
                  .find("carries secrets, which are never logged") != std::string::npos);
    }
}

TEST_CASE("at most 16 headers are logged")
{
    std::string list;
    for (int i = 0; i < 16; ++i)
        list += "\"header:x-" + std::to_string(i) + "\", ";
    CHECK(first_error("access_fields = [" + list + "]").empty());
    CHECK(first_error("access_fields = [" + list + "\"header:x\"]").find("more than 16 headers") !=
          std::string::npos);
}

TEST_CASE("targets are standard streams or paths")
{
    CHECK(first_error("target = \"/var/log/a.log\"").empty());
    CHECK(first_error("target = \"stdout\"").empty());
    CHECK(first_error("target = \"off\"").find("'off' is none of stderr, stdout or a file's path") !=
          std::string::npos);
    CHECK(first_error("target = \"stder\"").ends_with("(did you mean 'stderr'?)"));
    CHECK(first_error("access = \"off\"").empty());
    CHECK(first_error("access = \"/a\\u0007b\"").find("is none of") != std::string::npos);
}

TEST_CASE("numbers of the log are in their ranges")
{
    CHECK(first_error("sample = 0").find("out of range: 1 to 1000000") != std::string::npos);
    CHECK(first_error("tunnel_every = \"10ms\"").find("out of range: 1s to 24h, or 0") != std::string::npos);
    const auto result = read_with_top("[log]\nsample = 100\ntunnel_every = \"5m\"\naccess_format = \"text\"");
    REQUIRE(result.ok());
    CHECK(result.value.log.sample == 100);
    CHECK(result.value.log.tunnel_every == std::chrono::minutes(5));
    CHECK(result.value.log.access_format == log_format::text);
    CHECK(read_with_route("log_sample = 0").value.routes.at(0).log_sample == 0U);
    CHECK_FALSE(read_with_route("").value.routes.at(0).log_sample.has_value());
}

} // namespace fairlead::conf
