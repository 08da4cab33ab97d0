#include "conf/log_section.hpp"

#include "conf/http_syntax.hpp"
#include "conf/suggestion.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace fairlead::conf {
namespace {

using words = std::span<const std::string_view>;

void read_target(const table_reader& table, std::string_view key, words known, std::string& target)
{
    table.read(key, target);
    const bool is_word = std::ranges::find(known, target) != known.end();
    const bool is_file =
        target.find('/') != std::string::npos && !target.ends_with('/') && !has_control(target);
    if (!is_word && !is_file) {
        table.report(key, in_quotes(target) + " is none of " + range_text(*find_key("log", key)) +
                              did_you_mean(target, known));
    }
}

template <class Enum>
void read_choice(const table_reader& table, std::string_view key, Enum& target)
{
    if (const auto index = table.choice(key)) target = static_cast<Enum>(*index);
}

// Names that can be chosen, but for headers.
const std::vector<std::string_view>& field_names()
{
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> all;
        for (const auto& row : log_fields()) {
            if (row.what != log_field::header) all.push_back(row.name);
        }
        return all;
    }();
    return names;
}

std::string problem_of_header(const std::string& name)
{
    if (!is_token(name)) return in_quotes(name) + " is not a header name (RFC 9110 5.6.2)";
    if (is_secret_header(name)) return in_quotes(name) + " carries secrets, which are never logged";
    return "";
}

std::optional<chosen_log_field> read_field(const table_reader& table, const listed_text& item)
{
    if (item.text.starts_with(header_field_prefix)) {
        const std::string name = to_lower(item.text.substr(header_field_prefix.size()));
        if (const auto problem = problem_of_header(name); !problem.empty()) {
            table.errors().add(item.where, problem);
            return std::nullopt;
        }
        return chosen_log_field{log_field::header, std::string(header_field_prefix) + name};
    }
    for (const auto& row : log_fields()) {
        if (row.name == item.text && row.what != log_field::header)
            return chosen_log_field{row.what, std::string(row.name)};
    }
    table.errors().add(item.where, in_quotes(item.text) +
                                       " is no field of the access log (docs/operations.md has them)" +
                                       did_you_mean(item.text, field_names()));
    return std::nullopt;
}

void read_fields(const table_reader& table, std::vector<chosen_log_field>& target)
{
    std::size_t headers = 0;
    for (const auto& item : table.texts("access_fields")) {
        auto field = read_field(table, item);
        if (!field) continue;
        if (std::ranges::find(target, *field) != target.end()) {
            table.errors().add(item.where, in_quotes(field->name) + " is listed twice");
        } else if (field->what == log_field::header && ++headers > max_header_fields) {
            table.errors().add(item.where, "more than " + std::to_string(max_header_fields) + " headers");
        } else {
            target.push_back(std::move(*field));
        }
    }
}

} // namespace

void read_log(const table_reader& table, log_options& target)
{
    constexpr std::array<std::string_view, 3> access_words{"stdout", "stderr", "off"};
    constexpr std::array<std::string_view, 2> target_words{"stderr", "stdout"};
    read_choice(table, "level", target.level);
    read_choice(table, "format", target.format);
    read_choice(table, "access_format", target.access_format);
    read_target(table, "target", target_words, target.target);
    read_target(table, "access", access_words, target.access);
    read_fields(table, target.access_fields);
    table.read("requests", target.requests);
    table.read("sample", target.sample);
    table.read("tunnel_every", target.tunnel_every);
}

} // namespace fairlead::conf
