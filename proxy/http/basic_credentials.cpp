#include "proxy/http/basic_credentials.hpp"

#include "proxy/credentials/password_hash.hpp"
#include "proxy/http/field_syntax.hpp"
#include "tls/digest.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include <string.h>

namespace fairlead::http {
namespace {

constexpr std::size_t longest_encoded = 2048;

int value_of(char c) noexcept
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

// The decoded bytes, wiped when they go.
class decoded_text
{
public:
    decoded_text() = default;
    decoded_text(const decoded_text&) = delete;
    decoded_text& operator=(const decoded_text&) = delete;
    ~decoded_text() { ::explicit_bzero(bytes_.data(), size_); }

    std::string_view view() const noexcept { return {bytes_.data(), size_}; }

    // Canonical base64 (RFC 4648 3.5), with or without its padding; false: it is none.
    bool decode(std::string_view text) noexcept
    {
        if (text.size() > longest_encoded) return false;
        const bool is_padded = text.ends_with('=');
        if (is_padded && text.size() % 4 != 0) return false;
        for (int i = 0; i < 2 && text.ends_with('='); ++i)
            text.remove_suffix(1);
        if (text.size() % 4 == 1) return false;
        unsigned held = 0;
        unsigned bits = 0;
        for (const char c : text) {
            const int value = value_of(c);
            if (value < 0) return false;
            held = held << 6 | static_cast<unsigned>(value);
            bits += 6;
            if (bits < 8) continue;
            bits -= 8;
            bytes_[size_++] = static_cast<char>(held >> bits & 0xff);
        }
        return (held & ((1U << bits) - 1)) == 0;
    }

private:
    std::array<char, longest_encoded> bytes_;
    std::size_t size_ = 0;
};

bool has_control(std::string_view text)
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Nobody outside can choose names that are held against the entry they like.
std::uint64_t seed()
{
    static const std::uint64_t drawn = [] {
        std::array<std::uint64_t, 1> words;
        tls::random_bytes(std::as_writable_bytes(std::span(words)));
        return words[0];
    }();
    return drawn;
}

} // namespace

basic_credentials read_basic_credentials(const head& fields)
{
    using enum basic_credentials::state;
    std::size_t from = 0;
    const auto value = fields.find_next("Authorization", from);
    if (!value) return {};
    if (fields.find_next("Authorization", from)) return {.what = malformed};
    constexpr std::string_view scheme = "Basic ";
    if (!starts_with_ignoring_case(*value, scheme)) return {};
    decoded_text text;
    if (!text.decode(without_outer_space(value->substr(scheme.size())))) return {.what = malformed};
    const auto colon = text.view().find(':');
    if (colon == std::string_view::npos || has_control(text.view())) return {.what = malformed};
    const auto password = text.view().substr(colon + 1);
    if (password.size() > credentials::longest_password) return {.what = malformed};
    return {given, std::string(text.view().substr(0, colon)), credentials::secret_text(password)};
}

claimed_user find_user(std::span<const conf::password_entry> users, std::string_view name)
{
    const auto found = std::ranges::lower_bound(
        users, name, {}, [](const conf::password_entry& each) { return std::string_view(each.user); });
    if (found != users.end() && found->user == name) return {*found, true};
    return {users[XXH3_64bits_withSeed(name.data(), name.size(), seed()) % users.size()], false};
}

std::string challenge_line(std::string_view realm)
{
    std::string line = "WWW-Authenticate: Basic realm=\"";
    return line.append(realm).append("\", charset=\"UTF-8\"\r\n");
}

} // namespace fairlead::http
