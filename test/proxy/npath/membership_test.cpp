#include "proxy/npath/membership.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fairlead::npath {
namespace {

using enum health::check_outcome;
using text_list = std::vector<std::string>;

const link_address own{{2, 0, 0, 0, 0, 1}};

conf::ip_address ip(int last) { return {{10, 5, 0, static_cast<std::uint8_t>(last)}, false}; }
link_address link(int last) { return {{2, 0, 0, 0, 0, static_cast<std::uint8_t>(last)}}; }

conf::npath_options options_of(std::initializer_list<int> backends)
{
    conf::npath_options options;
    options.name = "web";
    options.address = ip(100);
    options.port = 80;
    options.interface = "e0";
    options.slots = 251;
    options.health.timing.rise = 1;
    options.health.timing.fall = 1;
    for (const int each : backends)
        options.backends.push_back({ip(each), 1, {}});
    return options;
}

void answer(membership& members, std::size_t index, health::check_outcome outcome)
{
    if (outcome != fail) members.set_link(index, link(members.backends()[index].address.bytes[3]));
    members.on_check(index, outcome);
}

// Writes what is pending, which has to be something.
membership_change write(membership& members)
{
    const auto change = members.pending(own);
    REQUIRE(change.has_value());
    members.written(*change);
    CHECK_FALSE(members.pending(own).has_value());
    return *change;
}

membership two_up()
{
    membership members(options_of({21, 22}));
    answer(members, 0, pass);
    answer(members, 1, pass);
    write(members);
    return members;
}

std::vector<std::uint32_t> ids(const membership_change& change)
{
    std::vector<std::uint32_t> list;
    for (const auto& each : change.next.members)
        list.push_back(each.id);
    return list;
}

using id_list = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("nothing is written before every backend was checked once")
{
    membership members(options_of({21, 22}));
    CHECK_FALSE(members.pending(own).has_value());
    answer(members, 0, pass);
    CHECK_FALSE(members.pending(own).has_value());
    answer(members, 1, fail);
    const auto change = write(members);
    CHECK(ids(change) == id_list{1});
    CHECK(change.next.slots.size() == 251);
    CHECK(members.slots_of(0) == 251);
    CHECK(members.slots_of(1) == 0);
}

TEST_CASE("a service of which nobody answers is written without members")
{
    membership members(options_of({21}));
    answer(members, 0, fail);
    CHECK(write(members).next.members.empty());
}

TEST_CASE("a backend that is lost leaves with its chain, and comes back under a new ID")
{
    membership members = two_up();
    answer(members, 0, fail);
    const auto lost = write(members);
    CHECK(ids(lost) == id_list{2});
    CHECK(lost.stale_chains == text_list{member_chain(1, ip(21))});
    CHECK(lost.stale_backends.empty()); // its counters go on
    answer(members, 0, pass);
    const auto back = write(members);
    CHECK(ids(back) == id_list{3, 2});
    CHECK(back.stale_chains.empty());
}

TEST_CASE("a draining backend stays a member without slots, and keeps its ID through it")
{
    membership members = two_up();
    answer(members, 0, drain);
    const auto change = write(members);
    CHECK(ids(change) == id_list{1, 2});
    CHECK(std::ranges::all_of(change.next.slots, [](std::size_t slot) { return slot == 1; }));
    answer(members, 1, drain);
    CHECK(write(members).next.slots.empty());
    answer(members, 0, pass);
    CHECK(ids(write(members)) == id_list{1, 2});
}

TEST_CASE("one that is draining from its first check on has no connections and is no member")
{
    membership members(options_of({21}));
    answer(members, 0, drain);
    CHECK(write(members).next.members.empty());
}

TEST_CASE("a new Ethernet address is written under the same ID; the own one too")
{
    membership members = two_up();
    CHECK_FALSE(members.set_link(0, link(21)));
    CHECK(members.set_link(0, link(99)));
    const auto change = write(members);
    CHECK(ids(change) == id_list{1, 2});
    CHECK(change.next.members[0].link == link(99));
    CHECK(members.pending(link(50)).has_value());
}

TEST_CASE("a check whose outcome changes nothing writes nothing")
{
    membership members = two_up();
    CHECK_FALSE(members.on_check(0, pass));
    CHECK_FALSE(members.pending(own).has_value());
}

TEST_CASE("a reload keeps the state of backends that stay, and removes what is of those that go")
{
    membership members = two_up();
    auto options = options_of({22, 23});
    options.backends[0].weight = 3;
    members.reconfigure(options);
    const auto change = write(members); // the new one is not waited for
    CHECK(ids(change) == id_list{2});
    CHECK(change.stale_chains == text_list{member_chain(1, ip(21))});
    CHECK(change.stale_backends == std::vector<conf::ip_address>{ip(21)});
    answer(members, 1, pass);
    CHECK(ids(write(members)) == id_list{2, 3});
    CHECK(members.slots_of(0) > 2 * members.slots_of(1));
}

TEST_CASE("a weight of 0 gets no slots and keeps its connections")
{
    membership members = two_up();
    auto options = options_of({21, 22});
    options.backends[0].weight = 0;
    members.reconfigure(options);
    CHECK(ids(write(members)) == id_list{1, 2});
    CHECK(members.slots_of(0) == 0);
    CHECK(members.slots_of(1) == 251);
}

TEST_CASE("a table that is taken over keeps the IDs of its members, and new ones come after all of them")
{
    membership members(options_of({21, 22, 23}));
    members.adopt({{5, ip(21)}, {9, ip(22)}, {7, ip(20)}});
    answer(members, 0, pass);
    answer(members, 1, drain); // and so keeps what it has
    answer(members, 2, pass);
    const auto change = write(members);
    CHECK(ids(change) == id_list{5, 9, 10});
    CHECK(change.stale_chains == text_list{member_chain(7, ip(20))});
    CHECK(change.stale_backends == std::vector<conf::ip_address>{ip(20)});
}

TEST_CASE("a member of a table that is taken over ends with its first failed check")
{
    membership members(options_of({21}));
    members.adopt({{5, ip(21)}});
    answer(members, 0, fail);
    CHECK(write(members).stale_chains == text_list{member_chain(5, ip(21))});
}

TEST_CASE("a table that somebody removed is written again with nothing stale")
{
    membership members = two_up();
    members.forget_kernel();
    CHECK_FALSE(members.is_written());
    const auto change = write(members);
    CHECK(ids(change) == id_list{1, 2});
    CHECK(change.stale_chains.empty());
}

} // namespace fairlead::npath
