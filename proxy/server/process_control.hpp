// What can be asked of a running process, as the admin listener asks it.
//
// Answers are JSON with an HTTP status: 200, or why not in `error`. Thread: the main thread's.
#pragma once

#include "conf/values.hpp"
#include "proxy/websocket/drain_target.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>

namespace fairlead::server {

struct control_answer
{
    unsigned status = 200;
    boost::json::object body;
};

control_answer refuse(unsigned status, std::string error);

struct drain_request
{
    websocket::drain_target what;
    bool undo = false;
    std::optional<conf::duration> window; // else drain.window
};

struct connections_request
{
    std::string id; // of one; empty: the query says which
    std::string query;
    bool close = false;
};

class process_control
{
public:
    virtual control_answer drain(const drain_request& asked) = 0;
    virtual control_answer drains() const = 0;
    virtual control_answer reload(bool dry_run) = 0;
    virtual control_answer reloads() const = 0; // the last 16
    virtual control_answer rebalance(const std::string& pool) = 0;
    virtual control_answer rebalancing() const = 0;
    virtual control_answer backends() const = 0;
    virtual control_answer status() const = 0;

    // Told later, or never when the process ends.
    using later = std::function<void(control_answer)>;
    virtual void connections(const connections_request& asked, later done) = 0;

protected:
    ~process_control() = default;
};

} // namespace fairlead::server
