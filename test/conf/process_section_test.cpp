#include "conf/process_section.hpp"

#include "conf/config_diff.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {
namespace {

brief_list errors_of(std::string_view keys)
{
    return brief_errors(read_with_top("[process]\n" + std::string(keys)));
}

} // namespace

TEST_CASE("without [process] the process stays who it is, and no call is filtered")
{
    const auto result = read_with_top("");
    REQUIRE(result.ok());
    CHECK(result.value.process == process_options{});
    CHECK(result.value.process.seccomp == call_filtering::off);
}

TEST_CASE("user, group and filter are kept, with the place of the user")
{
    const auto result =
        read_with_top("[process]\nuser = \"fairlead\"\ngroup = \"1001\"\nseccomp = \"enforce\"");
    REQUIRE(brief_errors(result).empty());
    CHECK(result.value.process.user == "fairlead");
    CHECK(result.value.process.group == "1001");
    CHECK(result.value.process.seccomp == call_filtering::enforce);
    CHECK(result.value.process.where.line == 3);
}

TEST_CASE("root is no user to become, by name or by number")
{
    const std::string refusal =
        "3:8 process.user: is who the process is not to be: name a user without rights, or leave it out";
    CHECK(errors_of("user = \"root\"") == brief_list{refusal});
    CHECK(errors_of("user = \"0\"") == brief_list{refusal});
    CHECK(errors_of("user = \"000\"") == brief_list{refusal});
}

TEST_CASE("a group needs a user")
{
    CHECK(errors_of("group = \"adm\"") == brief_list{"3:9 process.group: has no use without user"});
}

TEST_CASE("what cannot be a name of an account is refused")
{
    const std::string wanted = " is not a user's name or number, not root";
    CHECK(errors_of("user = \"\"") == brief_list{"3:8 process.user: ''" + wanted});
    CHECK(errors_of("user = \"a:b\"") == brief_list{"3:8 process.user: 'a:b'" + wanted});
    CHECK(errors_of("user = \"-1\"") == brief_list{"3:8 process.user: '-1'" + wanted});
    CHECK(errors_of("user = \"" + std::string(65, 'a') + "\"").size() == 1);
}

TEST_CASE("a reload tells that changes of [process] wait for the next start")
{
    const auto before = read_with_top("[process]\nuser = \"fairlead\"");
    const auto after = read_with_top("[process]\nuser = \"nobody\"\ngroup = \"daemon\"\nseccomp = \"log\"");
    const auto diff = compare(before.value, after.value);
    REQUIRE(diff.settings.size() == 3);
    CHECK(diff.settings[0].key == "process.user");
    CHECK(diff.settings[0].needs_restart);
    CHECK(diff.settings[1] == key_change{"process.group", "", "daemon", true});
    CHECK(diff.settings[2] == key_change{"process.seccomp", "off", "log", true});
}

} // namespace fairlead::conf
