// Reads the configuration again, tells what that changes, and remembers the last times.
//
// A reload that is refused changes nothing. One that was begun because files changed, and finds that they
// mean what is in force, changes nothing either; it is told and remembered only after one that was refused,
// whose end it is. Blocks while files are read. Thread: the main thread's.
#pragma once

#include "conf/read_config.hpp"
#include "proxy/http/service.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/server/reload_report.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace fairlead::server {

enum class reload_cause : std::uint8_t
{
    signal,
    admin,
    watch
};

class reload_control
{
public:
    struct process
    {
        std::function<conf::read_result()> read;
        // Puts it in force as that generation; throws when it cannot, and has changed nothing then.
        std::function<void(conf::config, std::uint64_t generation)> apply;
        std::function<void(bool ok)> tell; // of each attempt that was more than a look
        std::function<tunnel_census()> count;
        const std::shared_ptr<const http::service>& current;
        const conf::config& at_start;
    };

    static constexpr std::size_t history_length = 16;

    explicit reload_control(process with)
        : process_(std::move(with))
    {}
    reload_control(const reload_control&) = delete;
    reload_control& operator=(const reload_control&) = delete;

    control_answer run(reload_cause why); // 422 when it is refused
    control_answer look();                // what run() would change and answer

    // Puts in force what is the configuration in force with other backends, as discovery found them. Not
    // remembered, and no new generation: nobody asked for it. False when it could not be done.
    bool take_members(conf::config next);

    control_answer history() const; // the latest first

    // The files and folders of the last attempt, good or not.
    const std::vector<std::string>& files() const noexcept { return files_; }
    const std::vector<std::string>& folders() const noexcept { return folders_; }

private:
    struct outcome;

    outcome read();
    control_answer conclude(reload_cause why, const outcome& of);
    control_answer remember(reload_cause why, const outcome& of);
    static control_answer to_answer(const outcome& of);

    process process_;
    std::deque<boost::json::object> history_;
    std::vector<std::string> files_;
    std::vector<std::string> folders_;
    bool is_last_good_ = true; // of run()
};

} // namespace fairlead::server
