#include "conf/password_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace fairlead::conf {
namespace {

// Of the password "secret"; the others have the shape alone.
constexpr std::string_view bcrypt = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
const std::string sha512 = "$6$salt$" + std::string(86, 'a');
const std::string sha256 = "$5$rounds=1000$salt$" + std::string(43, 'a');
const std::string yescrypt = "$y$j9T$abcdefgh$" + std::string(43, 'a');

// Of a file with that hash, the only message; "" when it is taken.
std::string problem_of(std::string_view hash)
{
    const auto read = read_passwords("ann:" + std::string(hash) + "\n");
    if (read.problems.empty()) {
        CHECK(read.users == std::vector<password_entry>{{"ann", std::string(hash)}});
        return "";
    }
    CHECK(read.users.empty());
    REQUIRE(read.problems.size() == 1);
    CHECK(read.problems[0].line == 1);
    CHECK(read.problems[0].message.find("'ann'") != std::string::npos);
    return read.problems[0].message;
}

bool tells(const std::string& message, std::string_view what)
{
    INFO(message);
    return message.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("the slow hashes are taken")
{
    for (const std::string_view each :
         {bcrypt, std::string_view(sha512), std::string_view(sha256), std::string_view(yescrypt)})
    {
        CAPTURE(each);
        CHECK(problem_of(each).empty());
    }
    CHECK(problem_of("$2b$" + std::string(bcrypt.substr(4))).empty());
    CHECK(problem_of("$6$rounds=5000$salt$" + std::string(86, '.')).empty());
}

TEST_CASE("fast and unknown hashes are refused with what to do, and no part of one is told")
{
    CHECK(tells(problem_of("$apr1$x$abcdef"), "MD5"));
    CHECK(tells(problem_of("$apr1$x$abcdef"), "htpasswd -B"));
    CHECK(tells(problem_of("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), "SHA-1"));
    CHECK(tells(problem_of("$2x$" + std::string(bcrypt.substr(4))), "known fault"));
    const auto plain = problem_of("hunter2");
    CHECK(tells(plain, "not hashed"));
    CHECK(plain.find("hunter2") == std::string::npos);
}

TEST_CASE("a hash that is cut or asks for too much time is refused")
{
    CHECK(tells(problem_of(bcrypt.substr(0, 59)), "not whole"));
    CHECK(tells(problem_of("$2y$03" + std::string(bcrypt.substr(6))), "not whole"));
    CHECK(tells(problem_of("$2y$17" + std::string(bcrypt.substr(6))), "the cost 17"));
    CHECK(tells(problem_of(sha512.substr(0, 20)), "not whole"));
    CHECK(tells(problem_of("$6$"), "not whole"));
    CHECK(tells(problem_of("$5$rounds=3000000$salt$" + std::string(43, 'a')), "3000000 rounds"));
    CHECK(tells(problem_of("$y$j9T$abc"), "not whole"));
}

TEST_CASE("lines are read as htpasswd writes them, and what is wrong with one is told with its number")
{
    const std::string text = "# users\r\n\nbob:" + std::string(bcrypt) + "\r\nann:" + std::string(bcrypt) +
                             ":a comment\nno colon\n:" + std::string(bcrypt) +
                             "\nbob:" + std::string(bcrypt) + "\nb\x01:" + std::string(bcrypt);
    const auto read = read_passwords(text);
    REQUIRE(read.users.size() == 2);
    CHECK(read.users[0] == password_entry{"ann", std::string(bcrypt)});
    CHECK(read.users[1].user == "bob");
    REQUIRE(read.problems.size() == 4);
    CHECK(read.problems[0].line == 5);
    CHECK(tells(read.problems[0].message, "user:hash"));
    CHECK(read.problems[1].line == 6);
    CHECK(tells(read.problems[2].message, "'bob' is on line 3 already"));
    CHECK(tells(read.problems[3].message, "control character"));
    CHECK(read_passwords("").users.empty());
}

} // namespace fairlead::conf
