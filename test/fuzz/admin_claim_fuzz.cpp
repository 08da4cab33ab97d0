// Input: a Host and an Authorization, one on each line. Only who shows the very token changes anything,
// and a page that a name of its own leads here gets nothing (RFC 6750 2.1, 3.1).
#include "proxy/admin/access_policy.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::string_view token = "an-admin-token-of-32-characters!";

// For the life of the process.
class token_file
{
public:
    token_file()
    {
        const int fd = ::mkstemp(path_.data());
        if (fd < 0 || ::write(fd, token.data(), token.size()) != static_cast<ssize_t>(token.size()))
            throw std::runtime_error("no file for a token");
        ::close(fd);
    }
    token_file(const token_file&) = delete;
    token_file& operator=(const token_file&) = delete;
    ~token_file() { ::unlink(path_.c_str()); }

    const std::string& path() const noexcept { return path_; }

private:
    std::string path_ = "/tmp/fairlead-fuzz-token-XXXXXX";
};

admin::access_policy& policy()
{
    static const token_file file;
    static admin::access_policy one = [] {
        conf::admin_options options;
        options.address = conf::parse_endpoint("127.0.0.1:9900");
        options.token_file = file.path();
        options.anonymous = conf::admin_right::none;
        options.hosts = {"proxy.test"};
        return admin::access_policy(options, false);
    }();
    return one;
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return out;
}

bool shows_token(std::string_view authorization)
{
    constexpr std::string_view scheme = "bearer ";
    if (lower(authorization.substr(0, scheme.size())) != scheme) return false;
    const auto shown = authorization.substr(scheme.size());
    const auto first = shown.find_first_not_of(' ');
    return first != shown.npos && shown.substr(first) == token;
}

// A name in letters that is not one of ours could be anybody's, by DNS.
bool is_foreign_name(std::string_view host)
{
    const std::string name = lower(host.substr(0, host.find(':')));
    const bool has_letters = name.find_first_of("ghijklmnopqrstuvwxyz") != name.npos;
    return has_letters && name != "proxy.test" && name != "localhost" && !name.ends_with(".localhost") &&
           !host.starts_with('[');
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto host = fuzz::take_line(rest);
    const auto authorization = fuzz::take_line(rest);
    for (const std::string_view method : {"GET", "POST", "DELETE"}) {
        const auto verdict = policy().judge({method, host, authorization});
        require(verdict.refusal.has_value() || shows_token(authorization), "who passes shows the token");
        require(verdict.refusal.has_value() || !is_foreign_name(host), "and asks for one of our names");
        if (verdict.refusal)
            require(verdict.refusal->status >= 400 && verdict.refusal->status < 500, "a refusal is a 4xx");
        const auto known = policy().judge({method, "proxy.test", authorization});
        require(known.refusal.has_value() != shows_token(authorization), "who shows it passes");
    }
    return 0;
}
