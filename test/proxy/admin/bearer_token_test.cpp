#include "proxy/admin/bearer_token.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using fairlead::admin::bearer_token;

namespace {

struct file
{
    explicit file(const std::string& text)
    {
        write(text);
        ::chmod(path.c_str(), 0600);
    }
    ~file() { ::unlink(path.c_str()); }
    void write(const std::string& text) const { std::ofstream(path) << text; }

    std::string path = "/tmp/fairlead-token-" + std::to_string(::getpid());
};

} // namespace

TEST_CASE("a token is the line of its file")
{
    const file at("0123456789abcdef\r\n");
    bearer_token token(at.path);
    CHECK(token.problem().empty());
    CHECK(token.warning().empty());
    CHECK(token.is("0123456789abcdef"));
    CHECK_FALSE(token.is("0123456789abcdef\n"));
    CHECK_FALSE(token.is(""));
}

TEST_CASE("a file that holds no token lets nobody in, and says why without its content")
{
    const file at("short");
    bearer_token token(at.path);
    CHECK_FALSE(token.is("short"));
    CHECK_FALSE(token.is(""));
    CHECK(token.problem().find(at.path) != std::string::npos);
    CHECK(token.problem().find("short") == std::string::npos);
    at.write("0123456789abcdef0123");
    CHECK(token.is("0123456789abcdef0123"));
    CHECK(token.problem().empty());
    bearer_token missing("/nowhere/token");
    CHECK_FALSE(missing.is(""));
    CHECK_FALSE(missing.problem().empty());
}

TEST_CASE("others who can read a token's file are told of")
{
    const file at("0123456789abcdef");
    ::chmod(at.path.c_str(), 0644);
    bearer_token token(at.path);
    CHECK(token.warning().find(at.path) != std::string::npos);
    CHECK(token.is("0123456789abcdef"));
    ::chmod(at.path.c_str(), 0640); // a group is somebody the operator chose
    CHECK(token.is("0123456789abcdef"));
    CHECK(token.warning().empty());
}
