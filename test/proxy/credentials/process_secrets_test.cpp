#include "proxy/credentials/process_secrets.hpp"

#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

using namespace fairlead;

namespace {

std::string keys(std::string_view names)
{
    std::string out;
    for (const char name : names)
        out += std::string(16, name) + std::string(64, 'k');
    return out;
}

} // namespace

TEST_SUITE("process_secrets")
{
    TEST_CASE("ticket keys of a file are taken, and again when it changes; a bad file changes nothing")
    {
        const conf::scratch_folder folder;
        folder.write("keys", keys("a"));
        conf::tls_options options;
        options.ticket_keys = (folder.path() / "keys").string();
        credentials::process_secrets secrets;
        const auto tickets = secrets.tickets_for(options);
        CHECK(credentials::process_secrets::problem_of_ticket_file(options).empty());
        CHECK(secrets.adopt(options).empty());
        CHECK(secrets.warning().find("others may read") != std::string::npos);
        CHECK(tickets->newest().name.front() == 'a');
        folder.write("keys", keys("ba"));
        secrets.refresh();
        CHECK(tickets->newest().name.front() == 'b');
        folder.write("keys", "short");
        CHECK(secrets.refresh().find("holds 5 bytes") != std::string::npos);
        CHECK(credentials::process_secrets::problem_of_ticket_file(options).find("holds 5 bytes") !=
              std::string::npos);
        CHECK(tickets->newest().name.front() == 'b');
        CHECK(secrets.adopt({}).empty());
        CHECK(tickets->newest().name.front() != 'b');
        CHECK(secrets.tickets_for({}) == tickets);
    }

    TEST_CASE("without a lifetime there are no tickets")
    {
        conf::tls_options options;
        options.ticket_lifetime = conf::duration{0};
        CHECK_FALSE(credentials::process_secrets().tickets_for(options));
    }

    TEST_CASE("a key log is opened once, and for its owner alone")
    {
        const conf::scratch_folder folder;
        conf::tls_options options;
        CHECK_FALSE(credentials::process_secrets().key_log_for(options));
        options.key_log = (folder.path() / "log").string();
        credentials::process_secrets secrets;
        const auto log = secrets.key_log_for(options);
        CHECK(secrets.key_log_for(options) == log);
        CHECK(std::filesystem::status(options.key_log).permissions() == std::filesystem::perms(0600));
        options.key_log = "/nowhere/log";
        CHECK_THROWS(secrets.key_log_for(options));
    }
}
