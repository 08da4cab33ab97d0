#include "conf/syntax_message.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace fairlead::conf {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> plainer_words{{
    {"Error while parsing ", ""},
    {"Encountered invalid utf-8 sequence", "the text is not valid UTF-8"},
    {"expected a comment or whitespace", "expected the end of the line"},
    {"saw '\\n'", "saw the end of the line"},
    {"encountered end-of-file", "the file ends here"},
    {"cannot redefine existing ", "defined a second time: "},
}};

// What the parser was reading when it met something that is no value at all.
constexpr std::array<std::string_view, 7> value_readers{
    "value", "decimal integer", "floating-point", "boolean", "hexadecimal", "octal", "binary"};

// The byte at which the code point number `column` starts.
std::size_t byte_of_column(std::string_view line, std::uint32_t column)
{
    std::size_t byte = 0;
    for (std::uint32_t passed = 1; byte < line.size(); ++byte) {
        const bool starts_code_point = (static_cast<unsigned char>(line[byte]) & 0xC0u) != 0x80u;
        if (starts_code_point && passed++ == column) {
            return byte;
        }
    }
    return line.size();
}

bool speaks_of_a_value(std::string_view description)
{
    return std::ranges::any_of(value_readers, [&](std::string_view reader) {
        return description.starts_with("Error while parsing " + std::string(reader));
    });
}

struct bare_word
{
    std::string text;
    std::uint32_t column = 0;
};

// The unquoted run of characters around a position, as far as the value's delimiters.
bare_word word_around(std::string_view line, text_position at)
{
    const auto middle = byte_of_column(line, at.column);
    const auto before = line.substr(0, middle).find_last_of("=,[{ \t");
    const auto start = before == line.npos ? 0 : before + 1;
    const auto end = std::min(line.find_first_of(",]}# \t", start), line.size());
    const auto bytes_back = static_cast<std::uint32_t>(middle - std::min(start, middle));
    const auto text = line.substr(start, end - start);
    const bool is_ascii = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return {is_ascii ? std::string(text) : "", at.column - std::min(bytes_back, at.column - 1)};
}

// The parser points behind a key that it refuses; its description has the name, to be found in the line.
text_position place_of_refused_key(std::string_view description, text_position at, std::string_view line)
{
    const auto close = description.rfind('\'');
    const auto open = close == description.npos ? close : description.find_last_of(".'", close - 1);
    if (description.find("cannot redefine") == description.npos || open == description.npos) {
        return at;
    }
    const auto found = line.find(description.substr(open + 1, close - open - 1));
    if (found == line.npos) {
        return at;
    }
    const auto starts_code_point = [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; };
    const auto before = std::ranges::count_if(line.substr(0, found), starts_code_point);
    return {at.line, static_cast<std::uint32_t>(before) + 1};
}

} // namespace

syntax_error explain_syntax_error(std::string_view description, text_position at, std::string_view line)
{
    const bool is_too_large = description.find("representable") != description.npos;
    if (speaks_of_a_value(description) && !is_too_large) {
        const auto word = word_around(line, at);
        if (word.text.empty() || word.text.find_first_of("='\"") != std::string::npos) {
            return {{at.line, word.text.empty() ? at.column : word.column}, "a value is expected here"};
        }
        return {{at.line, word.column},
                word.text + " is not a TOML value; text needs quotes: \"" + word.text + "\""};
    }
    std::string message(description);
    for (const auto& [weak, plain] : plainer_words) {
        if (const auto found = message.find(weak); found != message.npos) {
            message.replace(found, weak.size(), plain);
        }
    }
    return {place_of_refused_key(description, at, line), message};
}

} // namespace fairlead::conf
