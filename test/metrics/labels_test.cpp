#include "metrics/access_labels.hpp"
#include "metrics/labels.hpp"
#include "metrics/memory_labels.hpp"
#include "metrics/tls_labels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

namespace fairlead::metrics {
namespace {

template <class Enum>
void check_labels()
{
    std::set<std::string_view> seen;
    for (const Enum value : by<Enum, int>::keys()) {
        const std::string_view text = label(value);
        CAPTURE(std::string{text});
        CHECK(!text.empty());
        CHECK(std::ranges::all_of(text, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        }));
        CHECK(seen.insert(text).second);
    }
    CHECK(label(static_cast<Enum>(by<Enum, int>::size)).empty());
}

} // namespace

TEST_CASE("every enumerator has a label of its own")
{
    check_labels<direction>();
    check_labels<frame_kind>();
    check_labels<party>();
    check_labels<status_class>();
    check_labels<refusal>();
    check_labels<proxy_protocol_version>();
    check_labels<proxy_protocol_fault>();
    check_labels<exception_cost>();
    check_labels<dial_failure>();
    check_labels<retry_cause>();
    check_labels<close_code_slot>();
    check_labels<tls_start>();
    check_labels<tls_fault>();
    check_labels<password_result>();
    check_labels<compression_skip>();
    check_labels<memory_kind>();
    check_labels<shortage>();
    check_labels<shed>();
}

TEST_CASE("each close code from 1000 to 1015 has its slot, labelled with the number (RFC 6455 7.4.1)")
{
    std::set<close_code_slot> slots;
    for (unsigned code = 1000; code <= 1015; ++code) {
        const close_code_slot slot = slot_of(static_cast<std::uint16_t>(code));
        CHECK(slots.insert(slot).second);
        if (code != 1005 && code != 1006) CHECK(label(slot) == std::to_string(code));
    }
    CHECK(label(slot_of(1005)) == "none");
    CHECK(label(slot_of(1006)) == "abnormal");
}

TEST_CASE("close codes beyond fall into their ranges or into other (RFC 6455 7.4.2)")
{
    CHECK(slot_of(3000) == close_code_slot::registered);
    CHECK(slot_of(3999) == close_code_slot::registered);
    CHECK(slot_of(4000) == close_code_slot::application);
    CHECK(slot_of(4999) == close_code_slot::application);
    for (const std::uint16_t invalid : {0, 1, 999, 1016, 2999, 5000, 65535})
        CHECK(slot_of(invalid) == close_code_slot::other);
}

TEST_CASE("a status has its class, and one out of range is a server error")
{
    CHECK(class_of(101) == status_class::informational);
    CHECK(class_of(204) == status_class::success);
    CHECK(class_of(304) == status_class::redirect);
    CHECK(class_of(404) == status_class::client_error);
    CHECK(class_of(502) == status_class::server_error);
    CHECK(class_of(0) == status_class::server_error);
    CHECK(class_of(999) == status_class::server_error);
}

TEST_CASE("an array by enum has one value for each enumerator of its range")
{
    by<frame_kind, int, frame_kind::ping, frame_kind::close> controls;
    CHECK(controls.size == 3);
    CHECK(controls.keys().front() == frame_kind::ping);
    CHECK(controls.keys().back() == frame_kind::close);
    controls[frame_kind::pong] = 5;
    CHECK(controls[frame_kind::pong] == 5);
    CHECK(controls[frame_kind::ping] == 0);
    CHECK(controls[frame_kind::close] == 0);
}

} // namespace fairlead::metrics
