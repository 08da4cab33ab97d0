// A file that holds a certificate, a key or the like, read whole.
//
// Blocks: for the control thread. The text of a key is wiped when this goes. Errors: `problem`, as a sentence
// that begins with the path; an empty file is one.
#pragma once

#include <cstdint>
#include <string>

namespace fairlead::credentials {

inline constexpr std::size_t largest_file = 4UL * 1024 * 1024; // bytes

enum class secrecy : std::uint8_t
{
    open,
    secret // others should not be able to read it
};

struct credential_file
{
    credential_file() = default;
    credential_file(credential_file&&) noexcept = default;
    credential_file& operator=(credential_file&&) noexcept = default;
    ~credential_file();

    std::string text;
    std::uint64_t digest = 0;
    std::string problem; // empty: it was read
    std::string warning; // empty: none
};

credential_file read_credential(const std::string& path, secrecy kind);

} // namespace fairlead::credentials
