#include "proxy/server/config_watch.hpp"

#include "test/support/event_loop.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace fairlead::server {
namespace {

namespace fs = std::filesystem;

// A folder `real` and a link `z-link` to it, behind which the file `config` is followed as a process does it:
// anew after each change.
struct linked_folder
{
    linked_folder()
    {
        std::string made = (fs::temp_directory_path() / "fairlead-watch-XXXXXX").string();
        REQUIRE(::mkdtemp(made.data()) != nullptr);
        base = fs::canonical(made);
        fs::create_directory(base / "real");
        fs::create_directory_symlink("real", base / "z-link");
        write();
        follow();
    }
    linked_folder(const linked_folder&) = delete;
    linked_folder& operator=(const linked_folder&) = delete;
    ~linked_folder() { fs::remove_all(base); }

    void write() const { std::ofstream(base / "real" / "config") << "new"; }
    void follow() { watch.follow({(base / "z-link" / "config").string()}, {}); }

    void expect_change()
    {
        const int before = changes;
        loop.wait_for([&] { return changes > before; });
    }

    fs::path base;
    test::event_loop loop;
    int changes = 0;
    config_watch watch{loop.executor().context(), [this] {
                           ++changes;
                           follow();
                       }};
};

} // namespace

TEST_CASE("a file whose folder is watched under two names may go and come back")
{
    linked_folder at;
    fs::remove(at.base / "real" / "config");
    at.expect_change();
    at.loop.turn(); // what the kernel says of a watch that was given up
    at.write();
    at.expect_change();
    at.write();
    at.expect_change();
}

TEST_CASE("a folder that is watched under two names may go and come back")
{
    linked_folder at;
    fs::remove_all(at.base / "real");
    at.expect_change();
    fs::create_directory(at.base / "real");
    at.write();
    at.expect_change(); // it is looked for every five seconds
    at.write();
    at.expect_change();
}

TEST_CASE("where a link leads to another folder by now, that one is followed")
{
    linked_folder at;
    fs::create_directory(at.base / "other");
    const fs::path moved = at.base / "other" / "config";
    std::ofstream(moved) << "other";
    fs::create_directory_symlink("other", at.base / "next");
    fs::rename(at.base / "next", at.base / "z-link"); // of which nobody tells: its own folder is not watched
    at.write();
    at.expect_change();
    fs::remove(moved);
    at.expect_change();
    std::ofstream(moved) << "newer";
    at.expect_change();
}

} // namespace fairlead::server
