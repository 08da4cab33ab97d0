#include "proxy/server/account.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace fairlead;
using server::find_account;

namespace {

conf::process_options named(std::string user, std::string group = "")
{
    conf::process_options options;
    options.user = std::move(user);
    options.group = std::move(group);
    options.where = {"f.toml", 7, 8};
    return options;
}

std::string refusal_of(const conf::process_options& options)
{
    try {
        find_account(options);
    } catch (const std::runtime_error& refused) {
        return refused.what();
    }
    return "";
}

} // namespace

TEST_CASE("without a user there is nobody to become") { CHECK_FALSE(find_account(named(""))); }

TEST_CASE("a user of the database is found by name and by number, with its group")
{
    for (const char* const user : {"nobody", "65534"}) {
        const auto found = find_account(named(user));
        REQUIRE(found);
        CHECK(found->user == "nobody");
        CHECK(found->uid == 65534);
        CHECK(found->gid == 65534);
        CHECK(found->is_listed);
    }
}

TEST_CASE("a number that nobody has is a user without a name, as in containers")
{
    const auto found = find_account(named("54321"));
    REQUIRE(found);
    CHECK(found->uid == 54321);
    CHECK(found->gid == 54321);
    CHECK_FALSE(found->is_listed);
}

TEST_CASE("a group takes the place of the user's own")
{
    CHECK(find_account(named("nobody", "daemon"))->gid == 1);
    CHECK(find_account(named("nobody", "4711"))->gid == 4711);
}

TEST_CASE("who is not there is told with the place, and so is another name of root")
{
    CHECK(refusal_of(named("no-such-user")) == "f.toml:7:8: process.user: there is no user \"no-such-user\" "
                                               "on this machine; adduser --system makes one");
    CHECK(refusal_of(named("nobody", "no-such-group")) ==
          "f.toml:7:8: process.group: there is no group \"no-such-group\" on this machine");
    CHECK(refusal_of(named("4294967295")) == "f.toml:7:8: process.user: there is no user \"4294967295\" on "
                                             "this machine; adduser --system makes one");
}
