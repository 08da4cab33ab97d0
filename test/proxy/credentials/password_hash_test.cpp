#include "proxy/credentials/password_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using credentials::is_password_of;
using credentials::secret_text;

TEST_CASE("a password is the one that its hash was made of, in each form")
{
    for (const std::string hash : {"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
                                   "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
                                   "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/"
                                   "otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
                                   "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2",
                                   "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01"})
    {
        CAPTURE(hash);
        CHECK(is_password_of(secret_text("secret"), hash));
        CHECK_FALSE(is_password_of(secret_text("Secret"), hash));
        CHECK_FALSE(is_password_of(secret_text(""), hash));
        CHECK_FALSE(is_password_of(secret_text("secret"), hash.substr(0, hash.size() - 1)));
    }
}

TEST_CASE("what is no hash, or too long, is nobody's password")
{
    CHECK_FALSE(is_password_of(secret_text("secret"), "secret"));
    CHECK_FALSE(is_password_of(secret_text("secret"), ""));
    CHECK_FALSE(is_password_of(secret_text("*0"), "*0")); // what crypt(3) says when it failed
    const std::string longest(credentials::longest_password + 1, 'x');
    CHECK_FALSE(is_password_of(secret_text(longest), "$6$salt$"));
}

TEST_CASE("a secret is moved and leaves nothing where it was")
{
    secret_text one("abc");
    secret_text two(std::move(one));
    CHECK(two.view() == "abc");
    CHECK(one.view().empty());
    one = std::move(two);
    CHECK(one.view() == "abc");
    CHECK(std::string(one.c_str()) == "abc");
    CHECK(secret_text().view().empty());
}
