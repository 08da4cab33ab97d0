#include "proxy/server/config_watch.hpp"

#include "proxy/net/deadline.hpp"

#include <boost/system/system_error.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

int make_inotify()
{
    const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "inotify_init1");
    return fd;
}

std::string folder_of(const std::filesystem::path& file)
{
    const auto folder = file.parent_path();
    return folder.empty() ? "." : folder.string();
}

} // namespace

config_watch::config_watch(net::asio::io_context& io, std::function<void()> changed)
    : inotify_(io.get_executor(), make_inotify())
    , timer_(io.get_executor())
    , changed_(std::move(changed))
    , quiet_(after_last.count(), after_first.count())
{
    wait();
}

void config_watch::follow(const std::vector<std::string>& files, const std::vector<std::string>& folders)
{
    std::set<std::string> wanted(folders.begin(), folders.end());
    for (const std::string& file : files) {
        std::error_code ignored; // a file that is gone has its own folder still
        wanted.insert(folder_of(file));
        const auto real = std::filesystem::canonical(file, ignored);
        if (!real.empty()) wanted.insert(folder_of(real));
    }
    // All anew: a name may be of another folder now. One that is watched already keeps its watch.
    const auto before = std::exchange(watched_, {});
    missing_ = std::move(wanted);
    add_missing();
    for (const auto& [folder, watch] : before) {
        if (!is_used(watch)) ::inotify_rm_watch(inotify_.native_handle(), watch);
    }
    arm();
}

bool config_watch::is_used(int watch) const
{
    return std::ranges::any_of(watched_, [&](const auto& each) { return each.second == watch; });
}

// Every name of its folder is looked for from now on.
void config_watch::lose(int watch)
{
    for (const auto& [folder, of] : watched_) {
        if (of == watch) missing_.insert(folder);
    }
    std::erase_if(watched_, [&](const auto& each) { return each.second == watch; });
}

void config_watch::add_missing()
{
    for (auto at = missing_.begin(); at != missing_.end();) {
        const int watch = ::inotify_add_watch(inotify_.native_handle(), at->c_str(), changes);
        if (watch < 0) {
            spdlog::debug("cannot watch {}: {}", *at, std::strerror(errno));
            ++at;
            continue;
        }
        watched_[*at] = watch;
        at = missing_.erase(at);
    }
}

void config_watch::wait()
{
    inotify_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (error) return;
        if (drain_events()) quiet_.note(net::steady_now_ms());
        arm(); // also for a folder that went without a change
        wait();
    });
}

// Which file it was does not matter. A folder that is gone is looked for from now on.
bool config_watch::drain_events()
{
    bool is_change = false;
    alignas(inotify_event) std::byte block[16 * 1024];
    for (ssize_t size; (size = ::read(inotify_.native_handle(), block, sizeof block)) > 0;) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event;
            std::memcpy(&event, block + at, sizeof event);
            at += sizeof event + event.len;
            is_change |= (event.mask & IN_IGNORED) == 0;
            if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) == 0) continue;
            if ((event.mask & IN_MOVE_SELF) != 0) ::inotify_rm_watch(inotify_.native_handle(), event.wd);
            lose(event.wd);
        }
    }
    return is_change;
}

// For what comes first: a burst that settles, or another look for a folder.
void config_watch::arm()
{
    const auto now = net::steady_now_ms();
    const auto settled = quiet_.due();
    if (!settled && missing_.empty()) return;
    std::uint64_t delay = static_cast<std::uint64_t>(retry.count());
    if (settled) delay = std::min(delay, *settled - std::min(*settled, now));
    timer_.expires_after(std::chrono::milliseconds(delay));
    timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        const std::size_t before = missing_.size();
        add_missing();
        if (missing_.size() < before) quiet_.note(net::steady_now_ms());
        if (quiet_.take(net::steady_now_ms())) changed_(); // which follows anew
        arm();
    });
}

} // namespace fairlead::server
