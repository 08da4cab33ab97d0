#include "proxy/npath/nft_child.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace fairlead::npath {
namespace {

using timer =
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

constexpr std::chrono::seconds time_limit{10};
constexpr std::size_t max_output = 4 * 1024 * 1024;
constexpr std::size_t max_error = 500;

// A file in memory that the child inherits as one of its standard descriptors.
class memory_file
{
public:
    explicit memory_file(const char* name)
        : fd_(::memfd_create(name, MFD_CLOEXEC))
    {}
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file()
    {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const noexcept { return fd_; }

    bool write(const std::string& text) const
    {
        for (std::size_t done = 0; done < text.size();) {
            const ssize_t count = ::write(fd_, text.data() + done, text.size() - done);
            if (count <= 0) return false;
            done += static_cast<std::size_t>(count);
        }
        return fd_ >= 0 && ::lseek(fd_, 0, SEEK_SET) == 0;
    }

    std::string read() const
    {
        std::string text;
        char block[16 * 1024];
        for (ssize_t count; text.size() < max_output &&
                            (count = ::pread(fd_, block, sizeof block, static_cast<off_t>(text.size()))) > 0;)
            text.append(block, static_cast<std::size_t>(count));
        return text;
    }

private:
    int fd_;
};

// nft prints the place, the line and a marker below it: one line of it is what a log wants.
std::string in_one_line(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    while (text.ends_with(' '))
        text.pop_back();
    if (text.size() > max_error) text = text.substr(0, max_error) + "...";
    return text;
}

// 0, or the errno of what failed.
int spawn(pid_t& child, std::vector<std::string>& arguments, const memory_file& in, const memory_file& out,
          const memory_file& error)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (::posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
    if (::posix_spawnattr_init(&attributes) != 0) {
        ::posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error.get(), STDERR_FILENO);
    sigset_t reset;
    ::sigemptyset(&reset);
    ::sigaddset(&reset, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &reset);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<char*> pointers;
    for (std::string& each : arguments)
        pointers.push_back(each.data());
    pointers.push_back(nullptr);
    int failure = ::posix_spawnp(&child, "nft", &actions, &attributes, pointers.data(), environ);
    // The PATH of an ordinary user often lacks it.
    if (failure == ENOENT)
        failure = ::posix_spawn(&child, "/usr/sbin/nft", &actions, &attributes, pointers.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return failure;
}

std::string reason_of(int status, const std::string& said)
{
    if (WIFSIGNALED(status))
        return "nft was ended by signal " + std::to_string(WTERMSIG(status)) + (said.empty() ? "" : ": ") +
               said;
    return said.empty() ? "nft ended with " + std::to_string(WEXITSTATUS(status)) : said;
}

} // namespace

net::task<nft_result> run_nft(net::executor executor, std::vector<std::string> arguments, std::string input)
{
    nft_result result;
    const memory_file in("nft-in");
    const memory_file out("nft-out");
    const memory_file error("nft-error");
    if (!in.write(input) || out.get() < 0 || error.get() < 0) {
        result.error = "no file in memory for nft: " + std::string(std::strerror(errno));
        co_return result;
    }
    arguments.insert(arguments.begin(), "nft");
    pid_t child = 0;
    if (const int failure = spawn(child, arguments, in, out, error); failure != 0) {
        result.error = failure == ENOENT ? "there is no nft: install nftables (Debian: apt install nftables)"
                                         : "nft cannot be started: " + std::string(std::strerror(failure));
        co_return result;
    }
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (ended >= 0) {
        net::asio::posix::basic_stream_descriptor<net::executor> watched(executor, ended);
        timer limit(executor, time_limit);
        limit.async_wait([child](const net::error_code& cancelled) {
            if (!cancelled) ::kill(child, SIGKILL);
        });
        const auto what = net::asio::posix::descriptor_base::wait_read;
        (void)co_await watched.async_wait(what, net::as_result);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    result.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    result.output = out.read();
    if (!result.ok) result.error = reason_of(status, in_one_line(error.read()));
    co_return result;
}

} // namespace fairlead::npath
