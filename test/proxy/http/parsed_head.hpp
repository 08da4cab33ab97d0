// Heads for tests, parsed from literal bytes; the bytes live as long as the head.
#pragma once

#include "proxy/http/head_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

namespace fairlead::http::test {

template <class Parser>
class parsed_head
{
public:
    explicit parsed_head(std::string text)
        : bytes_(std::move(text))
    {
        const auto result = Parser().parse(bytes_, head_);
        REQUIRE(result.status == parse_status::done);
        REQUIRE(result.consumed == bytes_.size());
    }
    parsed_head(const parsed_head&) = delete;
    parsed_head& operator=(const parsed_head&) = delete;

    const head& get() const { return head_; }

private:
    std::string bytes_;
    head head_;
};

using parsed_request = parsed_head<request_head_parser>;
using parsed_response = parsed_head<response_head_parser>;

} // namespace fairlead::http::test
