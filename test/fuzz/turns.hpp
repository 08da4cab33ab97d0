// An input as turns of two sides: 0xff and a letter begin one, and what follows is its bytes, up to the
// next.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::fuzz {

struct turn
{
    char who = 'C';
    std::string bytes = {}; // 0xff 0xff is the byte 0xff
};

class turns
{
public:
    explicit turns(std::string_view input)
        : rest_(input)
    {}

    std::optional<turn> next()
    {
        if (rest_.empty()) return std::nullopt;
        turn out;
        if (is_mark()) {
            out.who = rest_[1];
            rest_.remove_prefix(2);
        }
        while (!rest_.empty() && !is_mark()) {
            const bool is_escaped = rest_.starts_with("\xff\xff");
            out.bytes += rest_.front();
            rest_.remove_prefix(is_escaped ? 2 : 1);
        }
        return out;
    }

private:
    bool is_mark() const { return rest_.size() > 1 && rest_[0] == '\xff' && rest_[1] != '\xff'; }

    std::string_view rest_;
};

} // namespace fairlead::fuzz
