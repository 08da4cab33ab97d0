// Input: the prefix that was stripped, the one that was added, and what a backend wrote, one on each line.
// What is mapped leads back to the backend by the same prefixes, and to nobody else.
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/path_mapping.hpp"
#include "proxy/http/request_target.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::string_view host = "www.test";

std::string_view take_line(std::string_view& rest)
{
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return line;
}

// As configurations have them: "" or "/a", no final '/', and nothing that a path has not.
bool is_prefix(std::string_view text)
{
    return text.empty() || (text.front() == '/' && text.back() != '/' && text.find("//") == text.npos &&
                            http::is_visible_ascii(text) && text.find_first_of("?#") == text.npos &&
                            http::is_unambiguous_path(text));
}

// Of a reference with an authority or with a path from the root.
std::string_view path_of(std::string_view reference)
{
    if (!reference.starts_with('/') || reference.starts_with("//")) {
        reference.remove_prefix(reference.find("//") + 2);
        reference.remove_prefix(std::min(reference.find_first_of("/?#"), reference.size()));
    }
    return reference.substr(0, reference.find_first_of("?#"));
}

// What a backend is asked for when a client asks for that.
std::string forwarded(const http::path_mapping& how, std::string_view path)
{
    if (path.starts_with("/.//")) path.remove_prefix(2); // as clients read it
    require(http::is_below(path, how.stripped), "what the client sees is below its prefix");
    path.remove_prefix(how.stripped.size());
    return std::string(how.added).append(path.empty() ? "/" : path);
}

void check_reference(const http::path_mapping& how, std::string_view reference)
{
    const auto mapped = http::map_reference(how, reference);
    if (!mapped) return;
    const std::string_view meant = path_of(reference);
    const std::string asked = forwarded(how, path_of(*mapped));
    require(asked == meant || asked == std::string(meant) + "/", "it leads back to what the backend meant");
    const auto before = reference.substr(0, static_cast<std::size_t>(meant.data() - reference.data()));
    const bool is_path = mapped->starts_with("/") && !mapped->starts_with("//");
    const bool is_of_host = mapped->starts_with(before) && before.size() >= host.size() + 2;
    require(is_path || is_of_host, "and to no other host");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(data[i]);
    std::string_view rest = text;
    const auto stripped = take_line(rest);
    const auto added = take_line(rest);
    const auto value = take_line(rest);
    if (!is_prefix(stripped) || !is_prefix(added)) return 0;
    const http::path_mapping how{stripped, added, host, "http", {"10.0.0.1:9000", ""}};
    check_reference(how, value);
    (void)http::map_refresh(how, value);
    (void)http::map_cookie(how, value);
    return 0;
}
