// What can be asked of a running process, as the admin listener asks it.
//
// Answers are JSON with an HTTP status: 200, or why not in `error`. Thread: the main thread's.
#pragma once

#include "conf/values.hpp"
#include "proxy/websocket/drain_target.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace fairlead::websocket {

class frame_trace;

} // namespace fairlead::websocket

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

enum class backend_wish : std::uint8_t
{
    weight, // another one than the configuration's
    eject,  // nothing new goes there
    restore // as it is configured
};

struct backend_request
{
    std::string pool;
    std::string backend; // address
    backend_wish wish = backend_wish::restore;
    std::uint32_t weight = 0; // 1..1000
    std::string by;           // who wants it, for those who look
};

struct connections_request
{
    std::string id; // of one; empty: the query says which
    std::string query;
    bool close = false;
};

struct connection_query;
struct explain_request;
struct found_connections;

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
    virtual control_answer change_backend(const backend_request& asked) = 0;
    virtual control_answer explain(const explain_request& asked) const = 0;

    // Told later, or never when the process ends.
    using later = std::function<void(control_answer)>;
    virtual void connections(const connections_request& asked, later done) = 0;
    // Those that the query asks for, in its order.
    using found = std::function<void(found_connections)>;
    virtual void find(std::shared_ptr<const connection_query> asked, found done) = 0;
    // Has the frames of the WebSocket of that id told, until it ends or end_trace(); of how many is told.
    virtual void trace(const std::string& id, std::shared_ptr<websocket::frame_trace> into,
                       std::function<void(std::uint64_t)> done) = 0;
    virtual void end_trace(std::shared_ptr<websocket::frame_trace> into) = 0;

protected:
    ~process_control() = default;
};

} // namespace fairlead::server
