// A screen of its own in the terminal, keys as they are pressed, and the signals that come meanwhile.
//
// While it lives the terminal shows its alternative screen, without echo and cursor; the destructor puts
// everything back, and so does a stop by Ctrl-Z. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP and SIGWINCH are
// blocked and read here, so that no signal ends the process in between. One at a time, on one thread;
// termios(3), signalfd(2), console_codes(4).
#pragma once

#include "proxy/server/listening_socket.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include <termios.h>

namespace fairlead::cli {

struct screen_size
{
    std::size_t width = 80;
    std::size_t height = 24;
};

bool is_terminal(); // both standard input and output

// On a terminal, unless NO_COLOR is set to something or TERM is dumb (no-color.org).
bool wants_colours();

class terminal
{
public:
    terminal(); // throws std::system_error
    ~terminal();
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;

    enum class event
    {
        timeout,
        key,    // in pressed()
        resize, // or the terminal is shown again
        end,    // Ctrl-C, or the terminal has gone
        signal, // one that has to end the process: in signal_number()
    };

    event wait(std::chrono::milliseconds limit);
    const std::string& pressed() const { return pressed_; } // with its escape sequence
    int signal_number() const { return signal_number_; }

    screen_size size() const;
    void draw(const std::vector<std::string>& lines);

private:
    void enter();
    void leave();
    event take_signal();
    void write(const std::string& text);

    termios before_{};
    sigset_t mask_before_{};
    server::owned_fd signals_{-1};
    std::string pressed_;
    int signal_number_ = 0;
};

} // namespace fairlead::cli
