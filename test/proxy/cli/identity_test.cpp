#include "proxy/cli/identity.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/support/child.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include <unistd.h>

using namespace fairlead;

namespace {

cli::identity_change change_of(std::function<conf::read_result()> read)
{
    return {std::move(read), [](const conf::config&) { return std::vector<server::privilege>(); }};
}

conf::read_result read_for(const std::string& user)
{
    conf::read_result read;
    read.value.process.user = user;
    read.value.admin.has_default_socket = false;
    return read;
}

} // namespace

TEST_CASE("without a user the configuration is read once, and nobody is become")
{
    int readings = 0;
    const auto found = cli::read_as_configured(change_of([&] {
        ++readings;
        return read_for("");
    }));
    CHECK(readings == 1);
    CHECK(found.read.ok());
    CHECK(found.became.empty());
}

TEST_CASE("a configuration with errors makes nobody change")
{
    const auto found = cli::read_as_configured(change_of([] {
        conf::read_result read = read_for("nobody");
        read.errors.emplace_back();
        return read;
    }));
    CHECK_FALSE(found.read.ok());
    CHECK(found.became.empty());
}

TEST_CASE("a user that is not there is an error, and nothing changes")
{
    const auto change = change_of([] { return read_for("no-such-user"); });
    CHECK_THROWS_AS(cli::read_as_configured(change), std::runtime_error);
}

TEST_CASE("the second reading is the user's, and its errors are what counts" *
          doctest::skip(::geteuid() != 0))
{
    const auto end = test::end_of_child([] {
        const auto found = cli::read_as_configured(change_of([] {
            conf::read_result read = read_for("nobody");
            if (::geteuid() == 65534) read.errors.emplace_back();
            return read;
        }));
        if (found.became != "nobody (uid 65534, gid 65534), with no capability") return 1;
        return found.read.ok() ? 2 : 0;
    });
    CHECK(end.code == 0);
}

TEST_CASE("logs and sockets where the user cannot write are told by their keys" *
          doctest::skip(::geteuid() != 0))
{
    const conf::scratch_folder folder;
    const auto end = test::end_of_child([&] {
        conf::config config;
        config.log.target = "stderr";
        config.log.access = (folder.path() / "access.log").string();
        config.admin.socket = conf::parse_endpoint("unix:" + (folder.path() / "admin.sock").string());
        if (!cli::warnings_about_writing(config).empty()) return 1; // root can
        conf::process_options options;
        options.user = "nobody";
        server::become(*server::find_account(options), {});
        const auto warnings = cli::warnings_about_writing(config);
        if (warnings.size() < 2) return 2;
        return warnings.front().starts_with("log.access: ") && warnings.back().starts_with("admin.socket: ")
                   ? 0
                   : 3;
    });
    CHECK(end.code == 0);
}
