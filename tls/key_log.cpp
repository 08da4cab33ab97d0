#include "tls/key_log.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace fairlead::tls {

key_log::key_log(const std::string& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600))
{
    if (fd_ < 0) throw std::system_error(errno, std::system_category(), path);
}

key_log::~key_log() { ::close(fd_); }

void key_log::add(std::string_view line) noexcept
{
    // A line that cannot be written is only missing: the log is for looking, not for the connection.
    char end = '\n';
    const iovec parts[] = {{const_cast<char*>(line.data()), line.size()}, {&end, 1}};
    [[maybe_unused]] const auto written = ::writev(fd_, parts, 2);
}

} // namespace fairlead::tls
