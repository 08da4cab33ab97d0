// A secret that a file holds, and whether somebody knows it (RFC 6750 2.1).
//
// The file is one line of 16 to 512 visible characters. It is looked at again when it has changed, at the
// next question: a token is exchanged by writing the file anew, and taken back by removing it, for then
// nobody has it. The secret itself is never told. Thread: one at a time. Blocks while the file is read.
#pragma once

#include "proxy/credentials/secret_text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::admin {

class bearer_token
{
public:
    explicit bearer_token(std::string file);

    // In constant time of the bytes; how long the secret is may show.
    bool is(std::string_view shown);

    const std::string& problem() const noexcept { return problem_; } // with the path; empty: it has one
    const std::string& warning() const noexcept { return warning_; } // others can read it

private:
    // What a file that is the same has in common.
    struct version
    {
        std::int64_t seconds = -1;
        std::int64_t nanoseconds = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        bool operator==(const version&) const = default;
    };

    void refresh();
    void read();

    std::string file_;
    version seen_;
    credentials::secret_text secret_;
    std::string problem_;
    std::string warning_;
};

} // namespace fairlead::admin
