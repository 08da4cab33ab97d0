#include "tls/server_name_table.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::tls {

TEST_SUITE("server_name_table")
{
    TEST_CASE("an exact name comes before a wildcard, in any case and with a dot at the end")
    {
        server_name_table table;
        CHECK(table.add("*.Example.com", 1));
        CHECK(table.add("chat.example.com", 2));
        CHECK(table.find("CHAT.example.com.") == 2);
        CHECK(table.find("www.example.com") == 1);
        CHECK(table.size() == 2);
    }

    TEST_CASE("a wildcard stands for exactly one label (RFC 6125 6.4.3)")
    {
        server_name_table table;
        table.add("*.example.com", 1);
        CHECK_FALSE(table.find("example.com"));
        CHECK_FALSE(table.find("a.b.example.com"));
        CHECK_FALSE(table.find(".example.com"));
        CHECK_FALSE(table.find(""));
        CHECK_FALSE(table.find("*"));
    }

    TEST_CASE("wildcards elsewhere, or of a whole top level, match nothing")
    {
        server_name_table table;
        for (const char* name : {"*", "*.com", "a*.example.com", "*.*.example.com", "a.*.com"})
            CHECK(table.add(name, 1));
        CHECK(table.size() == 0);
    }

    TEST_CASE("the first value of a name stays")
    {
        server_name_table table;
        CHECK(table.add("a.example", 1));
        CHECK_FALSE(table.add("A.example", 2));
        CHECK(table.find("a.example") == 1);
    }

    TEST_CASE("a name that is too long is none")
    {
        server_name_table table;
        const std::string longest = std::string(245, 'a') + ".example"; // 253
        CHECK(table.add(longest, 1));
        CHECK(table.find(longest) == 1);
        CHECK_FALSE(table.find("a" + longest));
    }
}

} // namespace fairlead::tls
