#include "tls/certificate_groups.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {
namespace {

using namespace std::chrono_literals;

const wall_time now = wall_time(1'000'000h);

certificate_names named(std::vector<std::string> names, key_kind kind, std::chrono::hours until = 100h,
                        std::chrono::hours from = -1h)
{
    return {std::move(names), kind, now + from, now + until};
}

using positions = std::vector<std::size_t>;

positions serving(const certificate_groups& groups, std::string_view name)
{
    const auto at = groups.names.find(name);
    return at ? groups.groups[*at] : positions{};
}

} // namespace

TEST_SUITE("certificate_groups")
{
    TEST_CASE("ECDSA and RSA serve a name together")
    {
        const std::vector<certificate_names> all{named({"a.example", "b.example"}, key_kind::rsa),
                                                 named({"a.example", "c.example"}, key_kind::ecdsa)};
        const auto groups = group_certificates(all, now);
        CHECK(serving(groups, "a.example") == positions{0, 1});
        CHECK(serving(groups, "b.example") == positions{0});
        CHECK(serving(groups, "c.example") == positions{1});
        CHECK(groups.groups.front() == positions{0, 1});
        CHECK(groups.groups.size() == 3);
    }

    TEST_CASE("equal sets share a group")
    {
        const std::vector<certificate_names> all{named({"a.example", "*.b.example"}, key_kind::ecdsa)};
        const auto groups = group_certificates(all, now);
        CHECK(groups.groups == std::vector<positions>{{0}});
        CHECK(serving(groups, "x.b.example") == positions{0});
    }

    TEST_CASE("of one kind the one that is valid now is used, then the one that is valid longest")
    {
        const std::vector<certificate_names> all{
            named({"a.example"}, key_kind::ecdsa, 10h), named({"a.example"}, key_kind::ecdsa, 50h),
            named({"a.example"}, key_kind::ecdsa, 900h, 5h), named({"a.example"}, key_kind::ecdsa, -1h, -9h)};
        CHECK(serving(group_certificates(all, now), "a.example") == positions{1});
    }

    TEST_CASE("a default without names stands alone")
    {
        const std::vector<certificate_names> all{named({}, key_kind::rsa),
                                                 named({"a.example"}, key_kind::rsa)};
        const auto groups = group_certificates(all, now);
        CHECK(groups.groups.front() == positions{0});
        CHECK(serving(groups, "a.example") == positions{1});
    }
}

} // namespace fairlead::tls
