#include "conf/lexical_scan.hpp"

#include <algorithm>

namespace fairlead::conf {

namespace {

class lexical_scan
{
public:
    explicit lexical_scan(std::string_view text)
        : text_(text)
    {}

    std::optional<scan_problem> run()
    {
        while (!problem_ && next_ < text_.size()) {
            step();
        }
        return problem_;
    }

private:
    bool at(std::string_view word) const { return text_.substr(next_).starts_with(word); }

    void advance(std::size_t count = 1)
    {
        for (const char c : text_.substr(next_, count)) {
            const bool continues_code_point = (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
            here_.column += continues_code_point ? 0 : 1;
            if (c == '\n') {
                here_ = {here_.line + 1, 1};
            }
        }
        next_ += std::min(count, text_.size() - next_);
    }

    void step()
    {
        const char c = text_[next_];
        if (c == '"' || c == '\'') {
            skip_string(c);
            return;
        }
        if (c == '#') {
            advance(std::min(text_.find('\n', next_), text_.size()) - next_);
            return;
        }
        count_depth(c);
        advance();
    }

    void count_depth(char c)
    {
        switch (c) {
        case '.': ++dots_; break;
        case '[':
        case '{': ++depth_; [[fallthrough]];
        case ',':
        case '=':
        case '\n': dots_ = 0; break;
        case ']':
        case '}':
            depth_ = std::max(depth_ - 1, 0);
            dots_ = 0;
            break;
        }
        if (depth_ > max_bracket_depth || dots_ > max_key_dots) {
            fail(scan_problem::kind::too_deep, here_, "is nested too deeply");
        }
    }

    void skip_string(char quote)
    {
        const auto opened = here_;
        const std::string triple(3, quote);
        const bool is_long = at(triple);
        const std::string end = is_long ? triple : std::string(1, quote);
        advance(end.size());
        while (next_ < text_.size() && !at(end)) {
            if (text_[next_] == '\n' && !is_long) {
                break;
            }
            // A backslash does not hide a line's end from a one-line string.
            advance(quote == '"' && text_[next_] == '\\' && !(at("\\\n") && !is_long) ? 2 : 1);
        }
        if (!at(end)) {
            fail(scan_problem::kind::open_string, opened,
                 is_long ? "the string is never closed" : "the string is not closed on its line");
            return;
        }
        advance(end.size());
        // Up to two quotes may stand before the closing three (TOML 1.0, "String").
        for (int i = 0; is_long && i < 2 && next_ < text_.size() && text_[next_] == quote; ++i) {
            advance();
        }
    }

    void fail(scan_problem::kind what, text_position where, std::string message)
    {
        problem_ = scan_problem{what, {where, std::move(message)}};
    }

    std::string_view text_;
    std::size_t next_ = 0;
    text_position here_{1, 1};
    int depth_ = 0;
    int dots_ = 0;
    std::optional<scan_problem> problem_;
};

} // namespace

std::optional<scan_problem> find_lexical_problem(std::string_view text) { return lexical_scan(text).run(); }

} // namespace fairlead::conf
