#include "proxy/cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace fairlead::cli {
namespace {

constexpr std::string_view enter_screen = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view leave_screen = "\x1b[?25h\x1b[?1049l";

sigset_t watched_signals()
{
    sigset_t out;
    sigemptyset(&out);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
        sigaddset(&out, number);
    return out;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

} // namespace

bool is_terminal() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

bool wants_colours()
{
    const char* const unwanted = std::getenv("NO_COLOR");
    const char* const kind = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && (unwanted == nullptr || *unwanted == '\0') &&
           (kind == nullptr || std::string_view(kind) != "dumb");
}

terminal::terminal()
{
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) fail("the terminal");
    const sigset_t watched = watched_signals();
    if (::sigprocmask(SIG_BLOCK, &watched, &mask_before_) != 0) fail("signals");
    signals_ = server::owned_fd(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
    if (signals_.get() < 0) {
        ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
        fail("signalfd");
    }
    enter();
}

terminal::~terminal()
{
    leave();
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void terminal::enter()
{
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
    write(std::string(enter_screen));
}

void terminal::leave()
{
    write(std::string(leave_screen));
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

terminal::event terminal::take_signal()
{
    signalfd_siginfo told{};
    if (::read(signals_.get(), &told, sizeof told) != sizeof told) return event::timeout;
    const int number = static_cast<int>(told.ssi_signo);
    if (number == SIGWINCH) return event::resize;
    if (number == SIGTSTP) {
        leave();
        ::raise(SIGSTOP); // until SIGCONT
        enter();
        return event::resize;
    }
    signal_number_ = number;
    return number == SIGINT ? event::end : event::signal;
}

terminal::event terminal::wait(std::chrono::milliseconds limit)
{
    std::array<pollfd, 2> watched{{{signals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(limit.count()));
    if (ready < 0) return errno == EINTR ? event::timeout : event::end;
    if (watched[0].revents != 0) return take_signal();
    if (watched[1].revents == 0) return event::timeout;
    std::array<char, 16> bytes{};
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count <= 0) return event::end;
    pressed_.assign(bytes.data(), static_cast<std::size_t>(count));
    return event::key;
}

screen_size terminal::size() const
{
    winsize told{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &told) != 0 || told.ws_col == 0 || told.ws_row == 0) return {};
    return {told.ws_col, told.ws_row};
}

// Line by line over what was there: nothing flickers.
void terminal::draw(const std::vector<std::string>& lines)
{
    std::string out = "\x1b[H";
    for (std::size_t at = 0; at < lines.size(); ++at)
        out += lines[at] + "\x1b[K" + (at + 1 < lines.size() ? "\r\n" : "");
    write(out + "\x1b[J");
}

void terminal::write(const std::string& text)
{
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (count < 0 && errno != EINTR) return; // nobody looks any more; wait() tells
        if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

} // namespace fairlead::cli
