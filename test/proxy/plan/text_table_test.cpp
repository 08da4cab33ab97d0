#include "proxy/plan/text_table.hpp"

#include <doctest/doctest.h>

using fairlead::plan::text_table;
using fairlead::plan::wrapped;

TEST_CASE("columns are as wide as their widest entry, numbers at their right edge")
{
    text_table table({{"pool"}, {"connections", true}, {""}});
    table.add({"a", "1,000", "<-"});
    table.add({"longer", "5", ""});
    CHECK(table.text() == "  pool    connections\n"
                          "  a             1,000  <-\n"
                          "  longer            5\n");
}

TEST_CASE("an entry that is too long is cut")
{
    text_table table({{"x"}});
    table.add({std::string(100, 'y')});
    CHECK(table.text() == "  x\n  " + std::string(text_table::widest_entry - 3, 'y') + "...\n");
}

TEST_CASE("text is folded at words, with the indents that were asked for")
{
    CHECK(wrapped("one two three", 0, 2, 9) == "one two\n  three\n");
    CHECK(wrapped("one two", 2, 4, 80) == "  one two\n");
    CHECK(wrapped("averylongword next", 0, 0, 5) == "averylongword\nnext\n");
    CHECK(wrapped("", 0, 0, 5) == "\n");
}
