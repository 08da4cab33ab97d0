// A request of which the input is a part: its target or its fields, the rest being as any client sends it.
#pragma once

#include "proxy/http/head_parser.hpp"
#include "proxy/http/http_rules.hpp"

#include <string>
#include <string_view>

namespace fairlead::fuzz {

class built_request
{
public:
    // `lines` are fields, each with its CRLF.
    built_request(std::string_view target, std::string_view lines)
    {
        bytes_.append("GET ").append(target).append(" HTTP/1.1\r\nHost: www.test\r\n");
        bytes_.append(lines).append("\r\n");
        const auto parsed = http::request_head_parser().parse(bytes_, fields_);
        if (parsed.status != http::parse_status::done || parsed.consumed != bytes_.size()) return;
        const auto verdict = http::check_request(fields_);
        if (verdict.has_error()) return;
        facts_ = *verdict;
        is_good_ = true;
    }
    built_request(const built_request&) = delete;
    built_request& operator=(const built_request&) = delete;

    bool is_good() const noexcept { return is_good_; } // else it is no request, or the rules refuse it
    const http::head& fields() const noexcept { return fields_; }
    const http::request_facts& facts() const noexcept { return facts_; }

private:
    std::string bytes_;
    http::head fields_;
    http::request_facts facts_;
    bool is_good_ = false;
};

// What stands before the next line feed, which goes too.
inline std::string_view take_line(std::string_view& rest)
{
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return line;
}

inline std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

} // namespace fairlead::fuzz
