#include "proxy/admin/bearer_token.hpp"

#include "conf/admin_options.hpp"
#include "tls/keyed_digest.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::admin {
namespace {

constexpr std::size_t most_bytes = 600; // of a file that may be one

std::string_view without_line_end(std::string_view text)
{
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.remove_suffix(1);
    return text;
}

} // namespace

bearer_token::bearer_token(std::string file)
    : file_(std::move(file))
{
    refresh();
}

bool bearer_token::is(std::string_view shown)
{
    refresh();
    return problem_.empty() && tls::equal_in_constant_time(shown, secret_.view());
}

void bearer_token::refresh()
{
    struct stat found
    {};
    if (::stat(file_.c_str(), &found) != 0) {
        problem_ = file_ + ": " + std::strerror(errno);
        secret_ = {};
        seen_ = {};
        return;
    }
    const version now{found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ino, found.st_size};
    const bool is_open_to_others = (found.st_mode & (S_IROTH | S_IWOTH)) != 0;
    warning_ = is_open_to_others ? file_ + ": others can read or write it; chmod o= " + file_ : "";
    if (std::exchange(seen_, now) != now) read();
}

void bearer_token::read()
{
    secret_ = {};
    const int fd = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    std::array<char, most_bytes> bytes{};
    const ssize_t count = fd < 0 ? -1 : ::read(fd, bytes.data(), bytes.size());
    problem_ = count < 0 ? file_ + ": " + std::strerror(errno) : "";
    if (fd >= 0) ::close(fd);
    if (count < 0) {
        seen_ = {};
        return;
    }
    const std::string_view token = without_line_end({bytes.data(), static_cast<std::size_t>(count)});
    const std::string_view fault = conf::problem_of_token(token);
    if (fault.empty())
        secret_ = credentials::secret_text(token);
    else
        problem_ = file_ + " " + std::string(fault);
    ::explicit_bzero(bytes.data(), bytes.size());
}

} // namespace fairlead::admin
