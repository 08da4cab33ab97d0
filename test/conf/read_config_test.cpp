#include "conf/source_file.hpp"
#include "test/conf/reading.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fairlead::conf {

namespace {

std::string main_text(std::string_view include)
{
    return "include = " + std::string(include) + "\n" + std::string(listen_line) + std::string(pool_lines) +
           std::string(route_lines);
}

// The errors as printed, with the scratch folder's name taken out.
std::string printed(const read_result& result, const scratch_folder& folder)
{
    std::string text;
    for (const auto& error : result.errors) {
        text += format_error(error) + "\n";
    }
    const auto prefix = folder.path().string() + "/";
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix)) {
        text.erase(at, prefix.size());
    }
    return text;
}

} // namespace

TEST_CASE("the hash of a configuration is of the text of all its files, wherever they lie")
{
    const auto hash_of = [](std::string_view included) {
        const scratch_folder folder;
        folder.write("more.toml", std::string(included));
        return read_config(folder.write("main.toml", main_text("[\"more.toml\"]"))).value.text_hash;
    };
    const std::uint64_t first = hash_of("[pool.p10]\nbackends=[\"x:1\"]\n");
    CHECK(first != 0);
    CHECK(hash_of("[pool.p10]\nbackends=[\"x:1\"]\n") == first);
    CHECK(hash_of("[pool.p10]\nbackends=[\"x:2\"]\n") != first);
}

TEST_CASE("included files add their routes and pools, in the order of their names")
{
    const scratch_folder folder;
    folder.write("routes.d/20.toml", "[[route]]\nname=\"second\"\nhost=\"b\"\npool=\"p10\"\n");
    folder.write("routes.d/10.toml",
                 "[pool.p10]\nbackends=[\"x:1\"]\n[[route]]\nname=\"first\"\nhost=\"a\"\npool=\"p10\"\n");
    const auto result = read_config(folder.write("main.toml", main_text("[\"routes.d/*.toml\"]")));
    CHECK(printed(result, folder) == "");
    REQUIRE(result.value.routes.size() == 3);
    CHECK(result.value.routes[1].name == "first");
    CHECK(result.value.routes[2].name == "second");
    CHECK(result.value.routes[2].where.file == (folder.path() / "routes.d/20.toml").string());
    REQUIRE(result.value.pools.size() == 2);
    REQUIRE(result.value.files.size() == 3);
    CHECK(result.value.files[0] == (folder.path() / "main.toml").string());
    CHECK(result.value.files[2] == (folder.path() / "routes.d/20.toml").string());
}

TEST_CASE("the main file may hold no routes and pools when an included one does")
{
    const scratch_folder folder;
    folder.write("r.toml", std::string(pool_lines) + std::string(route_lines));
    const auto file = folder.write("main.toml", "include = \"r.toml\"\n" + std::string(listen_line));
    CHECK(printed(read_config(file), folder) == "");
}

TEST_CASE("doubles across files name both places")
{
    const scratch_folder folder;
    folder.write("r.toml", "[pool.a]\nbackends=[\"x:1\"]\n[[route]]\npool=\"a\"\n");
    const auto file = folder.write("main.toml", main_text("\"r.toml\""));
    CHECK(printed(read_config(file), folder) ==
          "r.toml:1:7: error: pool.a: is defined already, at main.toml:3:7\n"
          "   1 | [pool.a]\n"
          "     |       ^\n"
          "r.toml:3:1: error: route[0]: can never match: the route at main.toml:5:1 has the same conditions\n"
          "   3 | [[route]]\n"
          "     | ^\n");
}

TEST_CASE("an included file holds routes and pools only")
{
    const scratch_folder folder;
    folder.write("r.toml", "include = [\"main.toml\"]\nworkers = 2\nrout = 1\n[timeouts]\nhead = \"1s\"\n");
    const auto result = read_config(folder.write("main.toml", main_text("\"r.toml\"")));
    CHECK(brief_errors(result) ==
          brief_list{"1:1 include: an included file cannot include others",
                     "2:1 workers: belongs in the main file; an included one holds routes and pools",
                     "3:1 unknown key 'rout' (did you mean 'route'?)",
                     "4:2 timeouts: belongs in the main file; an included one holds routes and pools"});
}

TEST_CASE("a file that is named but not there is an error; a pattern may match nothing")
{
    const scratch_folder folder;
    const auto missing =
        read_config(folder.write("main.toml", main_text("[\"none/*.toml\", \"none.toml\", \"\", 3]")));
    CHECK(printed(missing, folder) ==
          "main.toml:1:27: error: include[1]: none.toml cannot be opened: No such file or directory\n"
          "   1 | include = [\"none/*.toml\", \"none.toml\", \"\", 3]\n"
          "     |                           ^\n" +
              std::string(
                  "main.toml:1:40: error: include[2]: wants a path or a pattern such as \"routes.d/*.toml\"\n"
                  "   1 | include = [\"none/*.toml\", \"none.toml\", \"\", 3]\n"
                  "     |                                        ^\n"
                  "main.toml:1:44: error: include[3]: wants text in quotes, not an integer\n"
                  "   1 | include = [\"none/*.toml\", \"none.toml\", \"\", 3]\n"
                  "     |                                            ^\n"));
}

TEST_CASE("a file is read once, however many patterns name it")
{
    const scratch_folder folder;
    folder.write("r.toml", "[[route]]\nhost=\"a\"\npool=\"a\"\n");
    const auto file = folder.write("main.toml", main_text("[\"*.toml\", \"./r.toml\", \"r.toml\"]"));
    const auto result = read_config(file);
    CHECK(printed(result, folder) == "");
    CHECK(result.value.files.size() == 2);
}

TEST_CASE("a broken included file leaves the errors of the others to be seen")
{
    const scratch_folder folder;
    folder.write("r1.toml", "[pool.other]\nbackends = [\n");
    folder.write("r2.toml", "[[route]]\nhots=\"b\"\npool=\"other\"\n");
    const auto result = read_config(folder.write("main.toml", "worker = 1\n" + main_text("\"r?.toml\"")));
    CHECK(brief_errors(result) ==
          brief_list{"1:1 unknown key 'worker' (did you mean 'workers'?)", "2:14 array: the file ends here",
                     "1:1 route[0]: can never match: the route at " + (folder.path() / "main.toml").string() +
                         ":6:1 has the same conditions",
                     "2:1 route[0]: unknown key 'hots' (did you mean 'host'?)"});
}

TEST_CASE("a main file that cannot be read is one error")
{
    const scratch_folder folder;
    CHECK(printed(read_config(folder.path() / "no.toml"), folder) ==
          "no.toml: error: cannot be opened: No such file or directory\n");
    CHECK(read_config(folder.path()).errors.at(0).message == "is a directory");
    CHECK(read_config(folder.write("bad.toml", "a = \"\xff\xfe\"\n")).errors.at(0).message ==
          "the text is not valid UTF-8");
    const auto large = read_config(folder.write("large.toml", std::string(source_file::max_bytes + 1, '\n')));
    CHECK(large.errors.at(0).message == "is larger than 16 MiB");
}

TEST_CASE("text that is no file has nothing to include, and keeps its name")
{
    CHECK(brief_errors(read_config_text(main_text("\"r.toml\""), "stdin")) ==
          brief_list{"1:11 include: there are no other files to include here"});
    const auto result = read_with_top("");
    CHECK(result.ok());
    CHECK(result.value.files == std::vector<std::string>{"t.toml"});
    CHECK(result.value.listeners.at(0).where.file == "t.toml");
    CHECK(brief_errors(read_config_text("", "empty")).size() == 3);
}

TEST_CASE("ten thousand routes and pools are read in good time, and ten thousand errors too")
{
    std::string good(listen_line);
    std::string bad(listen_line);
    for (int i = 0; i < 10'000; ++i) {
        const auto name = "t" + std::to_string(i);
        good += "[pool." + name + "]\nbackends=[\"10.0.0.1:80\"]\n[[route]]\nhost=\"" + name +
                ".example\"\npool=\"" + name + "\"\n";
        bad += "[[route]]\nhots=\"x\"\n";
    }
    const auto result = read_config_text(good, "good");
    CHECK(brief_errors(result).empty());
    CHECK(result.value.routes.size() == 10'000);
    CHECK(read_config_text(bad, "bad").errors.size() > 20'000);
}

} // namespace fairlead::conf
