#include "conf/admin_section.hpp"

#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <unistd.h>

namespace fairlead::conf {

namespace {

// Files beside the configuration, with a token each.
class token_files
{
public:
    token_files()
    {
        write("admin.token", "0123456789abcdef0123\n");
        write("read.token", "fedcba9876543210fedc");
        write("short.token", "too short\n");
        write("words.token", "one word and another word\n");
    }
    ~token_files()
    {
        for (const auto* name : {"admin.token", "read.token", "short.token", "words.token"})
            ::unlink(path(name).c_str());
    }

    std::string path(const std::string& name) const
    {
        return "/tmp/fairlead-admin-section-" + std::to_string(::getpid()) + "-" + name;
    }
    std::string key(const std::string& key, const std::string& name) const
    {
        return key + " = \"" + path(name) + "\"\n";
    }

private:
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
};

read_result read(const std::string& keys) { return read_with_top("[admin]\n" + keys); }

} // namespace

TEST_CASE("without [admin] there is its default socket, and nothing over TCP")
{
    const auto result = read_with_top("");
    REQUIRE(result.ok());
    CHECK(result.value.admin.has_default_socket);
    CHECK_FALSE(result.value.admin.address.has_value());
    CHECK_FALSE(result.value.admin.socket.has_value());
}

TEST_CASE("the socket has its own place and mode, or there is none")
{
    const auto named = read("socket = \"unix:/run/x/admin.sock\"\nsocket_mode = \"0660\"");
    REQUIRE(brief_errors(named).empty());
    CHECK(named.value.admin.socket->path == "/run/x/admin.sock");
    CHECK(named.value.admin.socket_mode == 0660);
    CHECK_FALSE(named.value.admin.has_default_socket);
    const auto off = read("socket = \"off\"");
    REQUIRE(brief_errors(off).empty());
    CHECK_FALSE(off.value.admin.socket.has_value());
    CHECK_FALSE(off.value.admin.has_default_socket);
    CHECK(brief_errors(read("socket = \"/run/x\"")) ==
          brief_list{"3:10 admin.socket: '/run/x' is no Unix socket; one is unix:/PATH, none is off"});
    for (const auto* mode : {"600", "0800", "00600", "rw"}) {
        CAPTURE(mode);
        CHECK(brief_errors(read("socket_mode = \"" + std::string(mode) + "\"")).size() == 1);
    }
}

TEST_CASE(
    "an address of this machine alone asks nobody, one for others has to say how they prove who they are")
{
    for (const auto* local : {"127.0.0.1:9900", "127.1.2.3:9900", "[::1]:9900", "unix:/run/admin"}) {
        CAPTURE(local);
        const auto result = read("address = \"" + std::string(local) + "\"");
        REQUIRE(brief_errors(result).empty());
        CHECK(result.value.admin.anonymous == admin_right::change);
    }
    for (const auto* open : {":9900", "0.0.0.0:9900", "10.0.0.1:9900", "[::]:9900"}) {
        CAPTURE(open);
        const auto errors = brief_errors(read("address = \"" + std::string(open) + "\""));
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].starts_with("3:11 admin.address: "));
        CHECK(errors[0].find("add token_file") != std::string::npos);
    }
    for (const auto& [word, right] :
         {std::pair{"none", admin_right::none}, {"read", admin_right::read}, {"change", admin_right::change}})
    {
        const auto said = read("address = \":9900\"\nanonymous = \"" + std::string(word) + "\"");
        REQUIRE(brief_errors(said).empty());
        CHECK(said.value.admin.anonymous == right);
    }
}

TEST_CASE("whoever shows nothing may do nothing where there are tokens, unless that is said")
{
    const token_files files;
    const auto kept = read("address = \"127.0.0.1:9900\"\n" + files.key("token_file", "admin.token"));
    REQUIRE(brief_errors(kept).empty());
    CHECK(kept.value.admin.anonymous == admin_right::none);
    CHECK(kept.value.admin.token_file == files.path("admin.token"));
    const auto opened =
        read("address = \":9900\"\nanonymous = \"read\"\nread_only = true\n" +
             files.key("token_file", "admin.token") + files.key("read_token_file", "read.token"));
    REQUIRE(brief_errors(opened).empty());
    CHECK(opened.value.admin.anonymous == admin_right::read);
    CHECK(opened.value.admin.read_only);
}

TEST_CASE("a file of a token that holds none is told with its place, and not its content")
{
    const token_files files;
    const std::string address = "address = \"127.0.0.1:9900\"\n";
    const auto short_one = brief_errors(read(address + files.key("token_file", "short.token")));
    REQUIRE(short_one.size() == 1);
    CHECK(short_one[0].starts_with("4:14 admin.token_file: "));
    CHECK(short_one[0].find("less than 16 characters") != std::string::npos);
    CHECK(short_one[0].find("too short") == std::string::npos);
    CHECK(brief_errors(read(address + files.key("token_file", "words.token"))).size() == 1);
    CHECK(brief_errors(read(address + "token_file = \"/nowhere/at/all\"")).size() == 1);
    CHECK(brief_errors(read(address + files.key("token_file", "admin.token") +
                            files.key("read_token_file", "admin.token"))) ==
          brief_list{"5:19 admin.read_token_file: is token_file as well; whoever may read could change "
                     "things"});
}

TEST_CASE("keys that have no use are told")
{
    CHECK(brief_errors(read("read_only = true")) == brief_list{"3:13 admin.read_only: has no use without "
                                                               "address"});
    CHECK(brief_errors(read("address = \"unix:/run/admin\"\nanonymous = \"read\"")) ==
          brief_list{"4:13 admin.anonymous: has no use: the permissions of the Unix socket say who may ask"});
}

TEST_CASE("hosts are names, in lower case")
{
    const auto result = read("address = \"127.0.0.1:9900\"\nhosts = [\"Admin.Example.com\", \"fairlead\"]");
    REQUIRE(brief_errors(result).empty());
    CHECK(result.value.admin.hosts == std::vector<std::string>{"admin.example.com", "fairlead"});
    CHECK(brief_errors(read("address = \"127.0.0.1:9900\"\nhosts = [\"a:80\", \"10.0.0.1\"]")).size() == 2);
}

TEST_CASE("what is a token is one word of enough characters")
{
    CHECK(problem_of_token("0123456789abcdef").empty());
    CHECK_FALSE(problem_of_token("0123456789abcde").empty());
    CHECK_FALSE(problem_of_token(std::string(513, 'a')).empty());
    CHECK_FALSE(problem_of_token("0123456789 abcdef").empty());
    CHECK_FALSE(problem_of_token("0123456789abcdef\n").empty());
}

} // namespace fairlead::conf
