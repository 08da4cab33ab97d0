#include "proxy/net/transparent.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::net {
namespace {

constexpr int strict = 1;

int first_number(const std::filesystem::path& file)
{
    std::ifstream in(file);
    int number = 0;
    in >> number;
    return in ? number : 0;
}

} // namespace

bool make_transparent(int fd, bool is_v6) noexcept
{
    const int on = 1;
    const int level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    return ::setsockopt(fd, level, is_v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on, sizeof on) == 0;
}

std::string transparent_problem()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return {};
    const bool is_made = make_transparent(fd, false);
    const int error = errno;
    ::close(fd);
    if (is_made) return {};
    if (error == EPERM)
        return "needs the capability CAP_NET_RAW, which this process lacks: docker run --cap-add NET_RAW "
               "with "
               "user root, or AmbientCapabilities=CAP_NET_RAW in the systemd unit, or setcap cap_net_raw+ep "
               "on "
               "the binary";
    return std::string("cannot be had from this kernel: IP_TRANSPARENT: ") + std::strerror(error);
}

std::vector<path_filter> read_path_filters()
{
    std::vector<path_filter> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/sys/net/ipv4/conf", error)) {
        out.push_back({entry.path().filename().string(), first_number(entry.path() / "rp_filter"),
                       first_number(entry.path() / "src_valid_mark")});
    }
    std::ranges::sort(out, {}, &path_filter::interface);
    return out;
}

std::vector<std::string> interfaces_that_drop_answers(std::span<const path_filter> filters)
{
    const auto all = std::ranges::find(filters, "all", &path_filter::interface);
    const path_filter common = all == filters.end() ? path_filter{} : *all;
    std::vector<std::string> out;
    for (const auto& each : filters) {
        if (each.interface == "all" || each.interface == "default" || each.interface == "lo") continue;
        const bool is_strict = std::max(each.rp_filter, common.rp_filter) == strict;
        const bool is_by_mark = each.src_valid_mark != 0 || common.src_valid_mark != 0;
        if (is_strict && is_by_mark) out.push_back(each.interface);
    }
    return out;
}

} // namespace fairlead::net
