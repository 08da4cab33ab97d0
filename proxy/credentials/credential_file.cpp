#include "proxy/credentials/credential_file.hpp"

#include <xxhash.h>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::credentials {
namespace {

struct open_file
{
    explicit open_file(const std::string& path)
        : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) // a FIFO must not stop us
    {}
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    ~open_file()
    {
        if (fd >= 0) ::close(fd);
    }
    int fd;
};

std::string problem_of(const struct ::stat& facts)
{
    if (!S_ISREG(facts.st_mode)) return "is not a file";
    if (static_cast<std::size_t>(facts.st_size) > largest_file) return "is larger than 4 MiB";
    return {};
}

} // namespace

credential_file::~credential_file() { ::explicit_bzero(text.data(), text.size()); }

credential_file read_credential(const std::string& path, secrecy kind)
{
    credential_file out;
    const open_file file(path);
    struct ::stat facts
    {};
    if (file.fd < 0 || ::fstat(file.fd, &facts) != 0) {
        out.problem = path + ": " + std::strerror(errno);
        return out;
    }
    if (const auto problem = problem_of(facts); !problem.empty()) {
        out.problem = path + " " + problem;
        return out;
    }
    if (kind == secrecy::secret && (facts.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
        out.warning = path + " holds secrets and others may read or write it (chmod 640)";
    out.text.resize(static_cast<std::size_t>(facts.st_size));
    std::size_t got = 0;
    while (got < out.text.size()) {
        const ssize_t size = ::read(file.fd, out.text.data() + got, out.text.size() - got);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            out.problem = path + ": " + std::strerror(errno);
            return out;
        }
        if (size == 0) break; // cut while it was read: whoever writes it will be noticed
        got += static_cast<std::size_t>(size);
    }
    out.text.resize(got);
    // One that asks for nothing would be as none at all: no list of who is revoked, all the system's CAs.
    if (out.text.empty()) out.problem = path + " is empty";
    out.digest = XXH3_64bits(out.text.data(), out.text.size());
    return out;
}

} // namespace fairlead::credentials
