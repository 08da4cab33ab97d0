#include "proxy/cli/top.hpp"

#include "conf/values.hpp"
#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/terminal.hpp"
#include "proxy/cli/top_frame.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

namespace fairlead::cli {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds shortest{100};
constexpr std::chrono::hours longest{1};

std::chrono::milliseconds interval_of(const top_command& how)
{
    const auto told = conf::parse_duration(how.interval);
    if (!told || *told < shortest || *told > longest)
        throw std::runtime_error("--interval is a duration from 100ms to 1h, such as 2s");
    return std::chrono::duration_cast<std::chrono::milliseconds>(*told);
}

top_view view_of(const top_command& how)
{
    top_view out;
    out.subject = how.show == "connections" ? top_subject::connections
                  : how.show == "backends"  ? top_subject::backends
                                            : top_subject::routes;
    out.sort_by = how.sort_by;
    out.reversed = how.reversed;
    const top_table empty = table_of({}, out);
    if (!how.sort_by.empty() && empty.find(how.sort_by) == empty.columns.size())
        throw std::runtime_error("--sort: " + how.show + " have no column '" + how.sort_by + "'");
    return out;
}

top_figures ask_figures(const top_command& how, const top_view& view)
{
    const admin_document told = ask(how.admin, "GET", "/status", patience);
    if (told.status != 200)
        throw std::runtime_error(address_of(how.admin) + ": status " + std::to_string(told.status) +
                                 " for /status");
    const double now = std::chrono::duration<double>(clock::now().time_since_epoch()).count();
    top_figures out = read_figures(told.body, now);
    if (view.subject == top_subject::connections)
        out.connections = ask(how.admin, "GET", "/connections?sort=bytes&limit=1000", patience).body;
    return out;
}

// The reading before stays when there is no new one.
void read_on(const top_command& how, const top_view& view, top_reading& reading)
{
    try {
        top_figures now = ask_figures(how, view);
        reading.before = std::move(reading.now);
        reading.now = std::move(now);
        reading.problem.clear();
    } catch (const std::exception& failure) {
        reading.problem = failure.what();
    }
}

int run_in_lines(const top_command& how, top_view view, std::chrono::milliseconds interval)
{
    top_reading reading;
    reading.now = ask_figures(how, view);
    for (;;) {
        std::this_thread::sleep_for(interval);
        read_on(how, view, reading);
        std::cout << (how.as_json ? top_json(reading, view)
                                  : top_text(reading, view, address_of(how.admin)) + (how.once ? "" : "\n"))
                  << std::flush;
        if (how.once) return reading.problem.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
        if (!std::cout) return EXIT_SUCCESS; // nobody reads
    }
}

// What came: nothing to do but to draw again, or the end.
std::optional<int> answer(terminal& screen, terminal::event what, top_view& view, const top_reading& reading)
{
    switch (what) {
    case terminal::event::key:
        press(view, screen.pressed(), table_of(reading, view), screen.size().height);
        return view.wants_end ? std::optional(0) : std::nullopt;
    case terminal::event::end: return 0;
    case terminal::event::signal: return screen.signal_number();
    case terminal::event::timeout:
    case terminal::event::resize: return std::nullopt;
    }
    return std::nullopt;
}

// 0, or the signal that has to end the process.
int run_on_screen(const top_command& how, top_view view, std::chrono::milliseconds interval)
{
    top_reading reading;
    reading.now = ask_figures(how, view);
    reading.before = reading.now;
    const bool with_colours = wants_colours();
    terminal screen;
    auto due = clock::now() + interval;
    for (;;) {
        screen.draw(top_frame(reading, view, address_of(how.admin), screen.size(), with_colours));
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - clock::now());
        const auto shown = view.subject;
        const auto what = screen.wait(std::max(left, std::chrono::milliseconds(0)));
        if (const auto ended = answer(screen, what, view, reading)) return *ended;
        const bool is_due = clock::now() >= due;
        if (is_due) due = clock::now() + interval;
        if ((is_due && !view.paused) || view.subject != shown) read_on(how, view, reading);
    }
}

} // namespace

int top(const top_command& how)
{
    const auto interval = interval_of(how);
    const top_view view = view_of(how);
    if (!is_terminal() || how.once || how.as_json) return run_in_lines(how, view, interval);
    const int ended_by = run_on_screen(how, view, interval);
    if (ended_by != 0) {
        std::signal(ended_by, SIG_DFL);
        std::raise(ended_by);
    }
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
