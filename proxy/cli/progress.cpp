#include "proxy/cli/progress.hpp"

#include <algorithm>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace fairlead::cli {
namespace {

std::size_t terminal_width()
{
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
}

} // namespace

std::string progress_bar(double part, const std::string& text, std::size_t width)
{
    constexpr std::size_t cells = 24;
    const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * cells);
    std::string out = "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " + text;
    if (out.size() > width) out.resize(width);
    return out;
}

progress::progress(bool as_json)
    : as_json_(as_json)
    , is_bar_(!as_json && ::isatty(STDOUT_FILENO) == 1)
{}

void progress::show(double part, const std::string& text, const std::string& json, bool is_last)
{
    if (is_bar_) {
        std::cout << "\r\x1b[K" << progress_bar(part, text, terminal_width()) << (is_last ? "\n" : "")
                  << std::flush;
        return;
    }
    const std::string& line = as_json_ ? json : text;
    const auto now = std::chrono::steady_clock::now();
    if (!is_last && (line == shown_ || now - shown_at_ < std::chrono::seconds(1))) return;
    std::cout << line << std::endl;
    shown_ = line;
    shown_at_ = now;
}

} // namespace fairlead::cli
