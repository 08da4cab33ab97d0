#include "conf/source_file.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

TEST_CASE("lines are counted from 1, without their ends, and a byte order mark is no part of the first")
{
    const source_file file("n", "\xEF\xBB\xBF"
                                "one\r\ntwo\n\nfour");
    CHECK(file.line(1) == "one");
    CHECK(file.line(2) == "two");
    CHECK(file.line(3).empty());
    CHECK(file.line(4) == "four");
    CHECK(file.line(0).empty());
    CHECK(file.line(5).empty());
    CHECK(source_file("n", "").line(1).empty());
}

TEST_CASE("a file that cannot be read says why")
{
    const scratch_folder folder;
    CHECK(read_text(folder.write("a", "x = 1")).text == "x = 1");
    CHECK(read_text(folder.path()).problem == "is a directory");
    CHECK(read_text(folder.path() / "none").problem == "cannot be opened: No such file or directory");
    CHECK(read_text(folder.write("big", std::string(source_file::max_bytes, '#'))).problem.empty());
    CHECK(read_text(folder.write("big", std::string(source_file::max_bytes + 1, '#'))).problem ==
          "is larger than 16 MiB");
}

} // namespace fairlead::conf
