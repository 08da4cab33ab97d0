#include "proxy/credentials/client_credentials.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/tls/issuing.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using tls_test::issue;

namespace {

tls::wall_time now() { return std::chrono::system_clock::now(); }

struct pool_site
{
    conf::scratch_folder folder;
    credentials::process_secrets secrets;
    conf::pool_options pool;

    pool_site()
    {
        pool.name = "app";
        pool.tls.emplace();
    }
    std::string path(std::string_view name) const { return (folder.path() / name).string(); }
    credentials::client_credentials load() { return {pool, {}, secrets, now()}; }
};

} // namespace

TEST_SUITE("client_credentials")
{
    TEST_CASE("by default the system's CAs are trusted")
    {
        pool_site at;
        const auto made = at.load();
        CHECK(made.problems().empty());
        CHECK(made.warnings().empty());
        CHECK(made.context());
        CHECK(made.files().empty());
    }

    TEST_CASE("insecure is warned about")
    {
        pool_site at;
        at.pool.tls->insecure = true;
        const auto made = at.load();
        REQUIRE(made.warnings().size() == 1);
        CHECK(made.warnings()[0].starts_with("pool app: insecure: its backends are not verified"));
    }

    TEST_CASE("CAs and an own certificate are read, and again when they change")
    {
        pool_site at;
        at.folder.write("ca.pem", issue({.is_ca = true}).pem());
        const auto own = issue({.name = "proxy"});
        at.folder.write("own.pem", own.key_pem() + own.pem());
        at.pool.tls->ca = at.path("ca.pem");
        at.pool.tls->certificate = at.path("own.pem");
        auto made = at.load();
        REQUIRE(made.problems().empty());
        CHECK(made.certificates().front().place == "app");
        const auto before = made.context();
        CHECK(made.refresh(now()).news.empty());
        CHECK(made.context() == before);
        at.folder.write("ca.pem", "nothing");
        CHECK(made.refresh(now()).problems.size() == 1);
        CHECK(made.context() == before);
        at.folder.write("ca.pem", issue({.is_ca = true}).pem());
        CHECK(made.refresh(now()).news.size() == 1);
        CHECK(made.context() != before);
    }

    TEST_CASE("an empty file of CAs is not the system's CAs")
    {
        pool_site at;
        at.folder.write("ca.pem", "");
        at.pool.tls->ca = at.path("ca.pem");
        const auto fresh = at.load();
        CHECK(fresh.problems() == std::vector<std::string>{at.path("ca.pem") + " is empty"});
        CHECK_FALSE(fresh.context());
        at.folder.write("ca.pem", issue({.is_ca = true}).pem());
        auto made = at.load();
        const auto before = made.context();
        REQUIRE(before);
        at.folder.write("ca.pem", "");
        CHECK(made.refresh(now()).problems.size() == 1);
        CHECK(made.context() == before);
    }

    TEST_CASE("what does not load is told")
    {
        pool_site at;
        at.folder.write("ca.pem", "nothing");
        at.pool.tls->ca = at.path("ca.pem");
        at.pool.tls->certificate = at.path("missing.pem");
        const auto made = at.load();
        CHECK(made.problems().size() == 2);
        CHECK_FALSE(made.context());
    }
}
