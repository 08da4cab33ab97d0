#include "proxy/cli/control.hpp"

#include "conf/values.hpp"
#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/control_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr int overdue = 3;
constexpr std::chrono::seconds reload_limit{60}; // a large configuration takes its time
constexpr std::chrono::milliseconds look_interval{250};

std::string target_of(const drain_command& how)
{
    std::string target = "/drain?";
    if (!how.route.empty()) target += "route=" + escape_query(how.route);
    if (!how.backend.empty()) target += "backend=" + escape_query(how.backend);
    if (!how.listener.empty()) target += "listener=" + escape_query(how.listener);
    if (!how.window.empty()) target += "&window=" + escape_query(how.window);
    if (how.undo) target += "&undo=1";
    return target;
}

std::size_t terminal_width()
{
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
}

// One line that is written over on a terminal; elsewhere a line a second at most, when it changes.
class progress
{
public:
    explicit progress(bool as_json)
        : is_bar_(!as_json && ::isatty(STDOUT_FILENO) == 1)
        , as_json_(as_json)
    {}

    void show(const json::object& drain, bool is_last)
    {
        if (is_bar_) {
            std::cout << "\r\x1b[K" << drain_bar(drain, terminal_width()) << (is_last ? "\n" : "")
                      << std::flush;
            return;
        }
        const std::string line = as_json_ ? json::serialize(drain) : drain_line(drain);
        const auto now = std::chrono::steady_clock::now();
        if (!is_last && (line == shown_ || now - shown_at_ < std::chrono::seconds(1))) return;
        std::cout << line << std::endl;
        shown_ = line;
        shown_at_ = now;
    }

private:
    bool is_bar_;
    bool as_json_;
    std::string shown_;
    std::chrono::steady_clock::time_point shown_at_;
};

// The drain of that kind and name, as GET /drain tells it; null when it does not stand any more.
const json::object* find_drain(const admin_document& all, const json::object& like)
{
    const json::value* const drains = all.body.if_contains("drains");
    if (drains == nullptr || !drains->is_array()) return nullptr;
    for (const json::value& each : drains->as_array()) {
        const json::object& one = each.as_object();
        if (one.at("kind") == like.at("kind") && one.at("name") == like.at("name")) return &one;
    }
    return nullptr;
}

int follow(const drain_command& how, const json::object& begun)
{
    const auto limit = conf::parse_duration(how.timeout);
    const auto begin = std::chrono::steady_clock::now();
    progress shown(how.as_json);
    for (;;) {
        const admin_document all = ask(how.admin, "GET", "/drain");
        const json::object* const now = find_drain(all, begun);
        if (now == nullptr) {
            std::cerr << begun.at("kind").as_string().c_str() << " '" << begun.at("name").as_string().c_str()
                      << "' is no longer configured, or its drain was taken back\n";
            return EXIT_FAILURE;
        }
        const bool is_done = now->at("state") == "drained";
        const bool is_over = limit && std::chrono::steady_clock::now() - begin >= *limit;
        shown.show(*now, is_done || is_over);
        if (is_done) return EXIT_SUCCESS;
        if (is_over) return overdue;
        std::this_thread::sleep_for(look_interval);
    }
}

int tell_drains(const drain_command& how)
{
    const admin_document all = ask(how.admin, "GET", "/drain");
    if (all.status != 200) return fail(all, how.as_json);
    if (how.as_json) {
        std::cout << json::serialize(all.body) << '\n';
        return EXIT_SUCCESS;
    }
    const json::array& drains = all.body.at("drains").as_array();
    for (const json::value& each : drains)
        std::cout << drain_line(each.as_object()) << '\n';
    if (drains.empty()) std::cout << "nothing is being drained\n";
    return EXIT_SUCCESS;
}

} // namespace

int drain(const drain_command& how)
{
    if (!how.timeout.empty() && !conf::parse_duration(how.timeout))
        throw std::runtime_error("--timeout is a duration such as 30s or 5m");
    if (how.route.empty() && how.backend.empty() && how.listener.empty()) return tell_drains(how);
    const admin_document begun = ask(how.admin, "POST", target_of(how));
    if (begun.status != 200) return fail(begun, how.as_json);
    if (how.wait && !how.undo) return follow(how, begun.body.at("drain").as_object());
    if (how.as_json)
        std::cout << json::serialize(begun.body) << '\n';
    else if (how.undo)
        std::cout << "no longer drained\n";
    else
        std::cout << drain_line(begun.body.at("drain").as_object()) << '\n';
    return EXIT_SUCCESS;
}

int reload(const reload_command& how)
{
    const admin_document told =
        ask(how.admin, "POST", how.dry_run ? "/reload?dry_run=1" : "/reload", reload_limit);
    if (told.status != 200) return fail(told, how.as_json);
    std::cout << (how.as_json ? json::serialize(told.body) + "\n" : reload_text(told.body));
    return EXIT_SUCCESS;
}

int rebalance(const rebalance_command& how)
{
    if (!how.pool.empty() && !how.dry_run) {
        const admin_document begun = ask(how.admin, "POST", "/rebalance?pool=" + escape_query(how.pool));
        if (begun.status != 200) return fail(begun, how.as_json);
    }
    const admin_document told = ask(how.admin, "GET", "/rebalance");
    if (told.status != 200) return fail(told, how.as_json);
    std::cout << (how.as_json ? json::serialize(told.body) + "\n" : rebalance_text(told.body));
    return EXIT_SUCCESS;
}

int backends(const backends_command& how)
{
    const admin_document told = ask(how.admin, "GET", "/backends");
    if (told.status != 200) return fail(told, how.as_json);
    if (how.as_json) {
        std::cout << json::serialize(told.body) << '\n';
        return EXIT_SUCCESS;
    }
    const std::string text = backends_text(told.body, how.pool);
    if (text.empty()) throw std::runtime_error("there is no pool '" + how.pool + "'");
    std::cout << text;
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
