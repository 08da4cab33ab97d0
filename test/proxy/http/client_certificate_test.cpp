#include "proxy/http/client_certificate.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using http::describe_certificate;

TEST_CASE("a client's certificate is told by its hash, subject and names")
{
    CHECK(describe_certificate(
              {"CN=device 7,O=Example", {"DNS:d7.example", "URI:spiffe://example/d7"}, "ab12"}) ==
          "Hash=ab12;Subject=\"CN=device 7,O=Example\";DNS=d7.example;URI=spiffe://example/d7");
}

TEST_CASE("what would end a value is quoted, and quotes are escaped (RFC 9110 5.6.4)")
{
    CHECK(describe_certificate({"CN=a\\,b \\\"c\\\"", {"URI:x;Hash=evil", "URI:say=\"hi\""}, "ab"}) ==
          "Hash=ab;Subject=\"CN=a\\\\,b \\\\\\\"c\\\\\\\"\";URI=\"x;Hash=evil\";URI=\"say=\\\"hi\\\"\"");
}

TEST_CASE("other kinds of names are left out, and so are more than 4 KiB of them")
{
    tls::peer_certificate shown{"CN=a", {"IP:10.0.0.1", "email:a@b"}, "ab"};
    CHECK(describe_certificate(shown) == "Hash=ab;Subject=\"CN=a\"");
    shown.sans.assign(100, "DNS:" + std::string(200, 'a'));
    CHECK(describe_certificate(shown).size() <= 4'200);
}
