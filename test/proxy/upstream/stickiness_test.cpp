#include "proxy/upstream/stickiness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace fairlead::upstream {
namespace {

std::vector<stickiness::member> members(std::size_t count)
{
    std::vector<stickiness::member> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back({"10.0.0." + std::to_string(i + 1) + ":9000", 1});
    return out;
}

conf::sticky_options by_cookie(std::string secret)
{
    conf::sticky_options options;
    options.name = "SRV";
    options.secret = std::move(secret);
    return options;
}

conf::sticky_options by_value()
{
    conf::sticky_options options;
    options.by = conf::sticky_key::header;
    options.name = "x-room";
    return options;
}

std::string value_in(const std::string& line)
{
    const auto begin = line.find('=') + 1;
    return line.substr(begin, line.find(';') - begin);
}

std::uint32_t key_of(int number) { return hash_of_value("room " + std::to_string(number)); }

} // namespace

TEST_SUITE_BEGIN("stickiness");

TEST_CASE("a cookie's value leads to its backend, in every process with the secret, at whatever position")
{
    const stickiness one(by_cookie("0123456789abcdef"), "chat", members(3));
    auto turned = members(3);
    std::swap(turned[0], turned[2]);
    const stickiness other(by_cookie("0123456789abcdef"), "chat", turned);
    std::set<std::string> values;
    for (std::uint32_t at = 0; at < 3; ++at) {
        const std::string value = value_in(one.set_cookie_line(at, false));
        CHECK(value.size() == 24);
        values.insert(value);
        CHECK(one.find(value) == at);
        CHECK(other.find(value) == 2 - at);
    }
    CHECK(values.size() == 3);
}

TEST_CASE("values of another secret, another pool, of nobody or cut short lead nowhere")
{
    const stickiness one(by_cookie("0123456789abcdef"), "chat", members(3));
    const std::string value = value_in(one.set_cookie_line(1, false));
    CHECK_FALSE(stickiness(by_cookie("0123456789abcdeF"), "chat", members(3)).find(value));
    CHECK_FALSE(stickiness(by_cookie("0123456789abcdef"), "api", members(3)).find(value));
    CHECK_FALSE(stickiness(by_cookie("0123456789abcdef"), "chat", members(1)).find(value));
    CHECK_FALSE(one.find(""));
    CHECK_FALSE(one.find(value.substr(0, 23)));
    CHECK_FALSE(one.find("10.0.0.2:9000"));
}

TEST_CASE("a cookie is set with its attributes, and Secure over TLS")
{
    auto options = by_cookie("0123456789abcdef");
    const stickiness plain(options, "chat", members(1));
    const std::string value = value_in(plain.set_cookie_line(0, false));
    CHECK(plain.set_cookie_line(0, false) ==
          "Set-Cookie: SRV=" + value + "; Path=/; HttpOnly; SameSite=Lax\r\n");
    CHECK(plain.set_cookie_line(0, true) ==
          "Set-Cookie: SRV=" + value + "; Path=/; HttpOnly; SameSite=Lax; Secure\r\n");
    options.path = "/chat";
    options.domain = "example.com";
    options.ttl = conf::duration{3'600'000};
    options.same_site = conf::same_site::none;
    options.secure = true;
    CHECK(stickiness(options, "chat", members(1)).set_cookie_line(0, false) ==
          "Set-Cookie: SRV=" + value +
              "; Path=/chat; Domain=example.com; Max-Age=3600; HttpOnly; SameSite=None; Secure\r\n");
}

TEST_CASE("values spread over the backends by weight, and processes agree whatever the order")
{
    auto weighted = members(4);
    weighted[3].weight = 3;
    const stickiness one(by_value(), "chat", weighted);
    auto turned = weighted;
    std::swap(turned[0], turned[3]);
    const stickiness other(by_value(), "chat", turned);
    constexpr int keys = 60'000;
    std::vector<int> counts(4);
    for (int i = 0; i < keys; ++i) {
        const auto owner = one.owner(key_of(i));
        ++counts[owner];
        const auto same = other.owner(key_of(i));
        CHECK(turned[same].name == weighted[owner].name);
    }
    for (std::size_t at = 0; at < 4; ++at) {
        const double fair = keys * (at == 3 ? 0.5 : 1.0 / 6);
        CHECK(counts[at] == doctest::Approx(fair).epsilon(0.05));
    }
}

TEST_CASE("a backend that is removed moves its own share, and hardly anything else")
{
    const auto ten = members(10);
    auto nine = ten;
    nine.erase(nine.begin() + 4);
    const stickiness before(by_value(), "chat", ten);
    const stickiness after(by_value(), "chat", nine);
    constexpr int keys = 50'000;
    int of_removed = 0;
    int moved = 0;
    for (int i = 0; i < keys; ++i) {
        const auto& was = ten[before.owner(key_of(i))].name;
        if (was == ten[4].name)
            ++of_removed;
        else if (nine[after.owner(key_of(i))].name != was)
            ++moved;
    }
    CHECK(of_removed == doctest::Approx(keys / 10.0).epsilon(0.05));
    CHECK(moved < keys / 50); // Maglev's own price: 0.7 % here
}

TEST_CASE("whose backend will not do go on to different others, each of them always to the same")
{
    const stickiness one(by_value(), "chat", members(5));
    std::vector<int> next(5);
    int asked = 0;
    for (int i = 0; i < 20'000; ++i) {
        if (one.owner(key_of(i)) != 2) continue;
        ++asked;
        ++next[one.owner(key_of(i), 1)];
        CHECK(one.owner(key_of(i), 1) == one.owner(key_of(i), 1));
    }
    for (const int count : next)
        CHECK(count == doctest::Approx(asked / 5.0).epsilon(0.2));
}

TEST_CASE("a large pool has more slots, so that each backend keeps a fair part")
{
    const stickiness one(by_value(), "chat", members(1'000));
    std::vector<int> counts(1'000);
    for (int i = 0; i < 200'000; ++i)
        ++counts[one.owner(key_of(i))];
    CHECK(*std::min_element(counts.begin(), counts.end()) > 100);
    CHECK(*std::max_element(counts.begin(), counts.end()) < 320);
}

TEST_SUITE_END();

} // namespace fairlead::upstream
