#include "conf/password_file.hpp"

#include "conf/diagnostics.hpp"
#include "conf/http_syntax.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace fairlead::conf {

namespace {

constexpr std::uint32_t most_bcrypt_cost = 16;       // some 4 s
constexpr std::uint32_t most_sha_rounds = 2'000'000; // some 1 s
constexpr std::size_t longest_user = 255;

bool is_hash_text(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '/';
    });
}

std::optional<std::uint32_t> number_in(std::string_view text)
{
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

constexpr std::string_view cut_short = "is not whole: make it again by `htpasswd -B`";

// "$2y$" cost "$" 22 characters of salt and 31 of hash
std::string problem_of_bcrypt(std::string_view hash)
{
    if (hash.size() != 60 || hash[6] != '$' || !is_hash_text(hash.substr(7))) return std::string(cut_short);
    const auto cost = number_in(hash.substr(4, 2));
    if (!cost || *cost < 4 || *cost > 31) return std::string(cut_short);
    if (*cost > most_bcrypt_cost)
        return "has the cost " + std::to_string(*cost) + ", with which each look takes many seconds; 10 to " +
               std::to_string(most_bcrypt_cost) + " are usual: `htpasswd -B -C 12`";
    return {};
}

// "$6$" ["rounds=" N "$"] salt "$" hash
std::string problem_of_sha(std::string_view rest, std::size_t hash_size)
{
    if (rest.starts_with("rounds=")) {
        const auto dollar = rest.find('$');
        const auto rounds = number_in(rest.substr(7, dollar == rest.npos ? dollar : dollar - 7));
        if (!rounds || dollar == rest.npos) return std::string(cut_short);
        if (*rounds > most_sha_rounds)
            return "has " + std::to_string(*rounds) + " rounds, with which each look takes seconds; have " +
                   std::to_string(most_sha_rounds) + " at most";
        rest.remove_prefix(dollar + 1);
    }
    const auto dollar = rest.find('$');
    const bool is_whole = dollar != rest.npos && dollar <= 16 && is_hash_text(rest.substr(0, dollar)) &&
                          rest.size() - dollar - 1 == hash_size && is_hash_text(rest.substr(dollar + 1));
    return is_whole ? std::string() : std::string(cut_short);
}

// "$y$" parameters "$" salt "$" 43 characters of hash
std::string problem_of_yescrypt(std::string_view rest)
{
    const auto first = rest.find('$');
    const auto second = first == rest.npos ? first : rest.find('$', first + 1);
    const bool is_whole = second != rest.npos && first != 0 && is_hash_text(rest.substr(0, first)) &&
                          is_hash_text(rest.substr(first + 1, second - first - 1)) &&
                          rest.size() - second - 1 == 43 && is_hash_text(rest.substr(second + 1));
    return is_whole ? std::string() : std::string(cut_short);
}

std::string problem_of_hash(std::string_view hash)
{
    if (hash.starts_with("$2y$") || hash.starts_with("$2b$") || hash.starts_with("$2a$"))
        return problem_of_bcrypt(hash);
    if (hash.starts_with("$6$")) return problem_of_sha(hash.substr(3), 86);
    if (hash.starts_with("$5$")) return problem_of_sha(hash.substr(3), 43);
    if (hash.starts_with("$y$")) return problem_of_yescrypt(hash.substr(3));
    constexpr std::string_view instead = "; make a bcrypt hash by `htpasswd -B`";
    std::string problem = "is in no form that is known: not hashed, DES, or new";
    if (hash.starts_with("$apr1$") || hash.starts_with("$1$")) problem = "is MD5, which is guessed too fast";
    if (hash.starts_with("{SHA}") || hash.starts_with("{SSHA}"))
        problem = "is SHA-1, which is guessed too fast";
    if (hash.starts_with("$2x$")) problem = "is of a bcrypt with a known fault";
    return problem.append(instead);
}

std::string problem_of_user(std::string_view user)
{
    if (user.empty()) return "has no user before the colon";
    if (user.size() > longest_user) return "has a user of more than 255 bytes";
    return problem_of_field_value(user).empty() && !has_control(user)
               ? ""
               : "has a user with a control character, or a space at an end";
}

} // namespace

password_file read_passwords(std::string_view text)
{
    password_file out;
    std::map<std::string, std::uint32_t, std::less<>> lines;
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const auto colon = line.find(':');
        if (colon == line.npos) {
            out.problems.push_back({number, "is not user:hash; make it by `htpasswd -B`"});
            continue;
        }
        const std::string_view user = line.substr(0, colon);
        const std::string_view hash = line.substr(colon + 1, line.find(':', colon + 1) - colon - 1);
        if (auto problem = problem_of_user(user); !problem.empty()) {
            out.problems.push_back({number, std::move(problem)});
        } else if (const auto known = lines.find(user); known != lines.end()) {
            out.problems.push_back({number, in_quotes(user) + " is on line " + std::to_string(known->second) +
                                                " already; keep one"});
        } else if (auto wrong = problem_of_hash(hash); !wrong.empty()) {
            out.problems.push_back({number, "the hash of " + in_quotes(user) + " " + wrong});
        } else {
            lines.emplace(user, number);
            out.users.push_back({std::string(user), std::string(hash)});
        }
    }
    std::ranges::sort(out.users, {}, &password_entry::user);
    return out;
}

} // namespace fairlead::conf
