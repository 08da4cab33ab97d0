#include "tls/trusted_authorities.hpp"

#include "test/tls/issuing.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {

using tls_test::issue;

TEST_SUITE("trusted_authorities")
{
    TEST_CASE("texts without a certificate, or without a list, are errors")
    {
        const auto none = trusted_authorities::read("nothing", "nothing");
        REQUIRE(none.has_error());
        CHECK(none.error() == std::vector<std::string>{"there is no certificate in PEM among the CAs",
                                                       "there is no revocation list in PEM in the CRL"});
    }

    TEST_CASE("what stands around the blocks does not matter, nor do blocks of another kind")
    {
        const auto ca = issue({.name = "CA", .is_ca = true});
        const auto other = issue({.name = "other CA", .is_ca = true});
        const std::string text = "# ours\n" + ca.pem() + ca.key_pem() + "\n\n" + other.pem() + "# end\n";
        CHECK(trusted_authorities::read(text, "").has_value());
    }

    TEST_CASE("a block that is cut off or altered is an error, also behind good ones")
    {
        const auto ca = issue({.name = "CA", .is_ca = true});
        const std::string good = ca.pem();
        const auto errors_of = [](const std::string& text, const std::string& crl = "") {
            const auto read = trusted_authorities::read(text, crl);
            return read.has_error() ? read.error() : std::vector<std::string>();
        };
        const std::string cut = good.substr(0, good.size() / 2);
        REQUIRE(errors_of(good + cut).size() == 1);
        CHECK(errors_of(good + cut)[0].starts_with("certificate 2 among the CAs is broken or cut off: "));
        CHECK(errors_of(cut)[0].starts_with("certificate 1 among the CAs is broken or cut off: "));
        std::string altered = good;
        altered.replace(altered.find('\n') + 1, 4, "AAAA");
        CHECK(errors_of(good + altered + good).size() == 1);
        const std::string list = tls_test::revocation_list(ca, {});
        CHECK(errors_of(good, list).empty());
        REQUIRE(errors_of(good, list + list.substr(0, list.size() - 30)).size() == 1);
        CHECK(errors_of(good, list + list.substr(0, list.size() - 30))[0].starts_with(
            "revocation list 2 in the CRL is broken or cut off: "));
    }
}

} // namespace fairlead::tls
