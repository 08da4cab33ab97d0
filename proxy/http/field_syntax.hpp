// The small grammar that header fields share: tokens, lists, parameters and comparison without regard to
// case.
//
// Pure functions over borrowed bytes; nothing is copied or kept. Thread: any.
// RFC 9110 5.6 (tokens, lists, quoted strings), 5.6.6 (parameters).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {

bool is_token_char(char c);
bool is_token(std::string_view text);                             // at least one character
bool is_visible_ascii(std::string_view text);                     // 0x21..0x7e, at least one
bool equal_ignoring_case(std::string_view a, std::string_view b); // ASCII only
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string_view without_outer_space(std::string_view text); // SP and HTAB off both ends

// The elements of a comma-separated list, one after another; commas inside quoted strings do not separate.
// Elements come without the space around them; empty ones are skipped (RFC 9110 5.6.1.2).
class list_elements
{
public:
    explicit list_elements(std::string_view value)
        : rest_(value)
    {}

    // Nothing at the end, and after an unterminated quoted string, which malformed() tells.
    std::optional<std::string_view> next();
    bool malformed() const { return malformed_; }

private:
    std::string_view rest_;
    bool malformed_ = false;
};

// Of "0.5" in "q=0.5", in thousandths; nothing: it is no quality value (RFC 9110 12.4.2).
std::optional<unsigned> quality_weight(std::string_view text);

// True when one element of the list is `token`, ignoring case.
bool list_contains(std::string_view value, std::string_view token);

// An element such as `name; a=b; c="d"` taken apart as far as needed: its name, and whether all of it is well
// formed (RFC 6455 9.1, RFC 9110 5.6.6).
struct parameterised_token
{
    std::string_view name;
    bool well_formed = false;
};
parameterised_token read_parameterised_token(std::string_view element);

// True for the fields that a Connection field may not name: those that frame, route or authenticate a
// message, or that every recipient needs. Removing them on a client's word would change what a backend sees
// (RFC 9110 7.6.1).
bool is_end_to_end_only(std::string_view field_name);

// True for fields that may stand in a trailer section: anything but framing, routing, authentication, request
// modifiers, content description and hop-by-hop fields (RFC 9110 6.5.1), or a name with '_'.
bool is_trailer_allowed(std::string_view field_name);

} // namespace fairlead::http
