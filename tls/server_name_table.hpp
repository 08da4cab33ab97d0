// Finds what serves a server name of a ClientHello: an exact name first, then a wildcard, which stands for
// exactly one label (RFC 6125 6.4.3): "*.example.com" is "a.example.com", neither "example.com" nor
// "a.b.example.com".
//
// Values are numbers that mean something to the caller. Names compare without regard to case; one dot at the
// end is ignored. Immutable once filled. Thread: any. find() allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fairlead::tls {

class server_name_table
{
public:
    // The first value of a name stays; false when there was one. A '*' has to be the whole first label, with
    // two labels at least behind it; other names with one match nothing.
    bool add(std::string_view name, std::uint32_t value);

    std::optional<std::uint32_t> find(std::string_view name) const noexcept;

    std::size_t size() const noexcept { return exact_.size() + wildcard_.size(); }

private:
    struct text_hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept
        {
            return std::hash<std::string_view>{}(text);
        }
    };
    using names = std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>>;

    names exact_;
    names wildcard_; // by what follows "*."
};

} // namespace fairlead::tls
