// Finds those tunnels of one worker that a query asks for, or closes them, a few in each turn of the loop: a
// look at 100,000 keeps nobody waiting. What opens and ends meanwhile may be in it or not.
//
// One query after another. Thread: the worker's; `done` is called on it. Lifetime: the relay and the
// io_context outlive it; with it, what it has not finished is forgotten, uncalled. Bounds: the query's
// `deepest` rows are copied at most, and so many queries wait as the admin listener has connections.
#pragma once

#include "proxy/net/socket.hpp"
#include "proxy/server/connection_query.hpp"
#include "proxy/server/connection_row.hpp"
#include "proxy/websocket/relay.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace fairlead::server {

struct found_connection
{
    std::uint64_t key = 0; // by which the query sorts
    std::unique_ptr<connection_row> row;
};

// Whether `a` comes before `b` in the order that was asked for; ties by id, so that pages do not overlap.
bool comes_before(const connection_query& asked, const found_connection& a, const found_connection& b);

struct found_connections
{
    std::vector<found_connection> first; // offset + limit of them at most, in no order
    std::uint64_t matched = 0;           // all of them; of those to be closed, who was not closing yet
};

class connection_finder
{
public:
    using told = std::function<void(found_connections)>;

    connection_finder(net::executor where, websocket::relay& among);
    connection_finder(const connection_finder&) = delete;
    connection_finder& operator=(const connection_finder&) = delete;

    void find(std::shared_ptr<const connection_query> asked, told done);
    // Begins a trace of each WebSocket that the query asks for; those are what is matched.
    void trace(std::shared_ptr<const connection_query> asked, std::shared_ptr<websocket::frame_trace> into,
               told done);

private:
    struct search
    {
        std::shared_ptr<const connection_query> asked;
        told done;
        found_connections found; // `first` is a heap with the last of them in front
        bool has_begun = false;
        std::shared_ptr<websocket::frame_trace> into = {}; // null: they are looked at, or closed
    };

    void go_on();
    void step();
    bool look_on(search& now);
    void take(search& in, websocket::tunnel& which);
    void look_at(search& in, const websocket::tunnel& which) const;
    std::uint64_t key_of(const websocket::tunnel& which, connection_order by) const;
    bool matches(const connection_query& asked, const websocket::tunnel& which) const;

    net::executor where_;
    websocket::relay& among_;
    std::deque<search> searches_;
    bool goes_on_ = false; // a step is posted
    // What is posted may run after the end.
    std::shared_ptr<connection_finder*> self_ = std::make_shared<connection_finder*>(this);
};

} // namespace fairlead::server
