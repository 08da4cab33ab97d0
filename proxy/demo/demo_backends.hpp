// The two backends that `fairlead demo` puts behind itself: small HTTP and WebSocket servers on loopback, so
// that a person sees a proxied chat without having anything to proxy. Not a server for any other use.
//
//   /        the chat page              /whoami  JSON: which backend answered, and the request as it arrived
//   /chat    WebSocket, one room that both backends share
//   /events  server-sent events, one a second
//
// A chat message comes as {"from", "text"} (anything else is taken as the text itself) and goes to every
// connection of both backends as {"kind": "message", "from", "text", "backend", "via", "people"}; `backend`
// and `via` are those of the connection it was typed on. A connection's first message is {"kind": "welcome",
// "backend", "via", "people"}.
//
// Thread: one of its own, which serves everything; the constructor and the destructor are the owner's.
// Bounds: 1,000 connections, 16 KiB a request head, 64 KiB a body or message, 64 messages for a slow reader.
// Errors: the constructor throws boost::system::system_error when loopback has no port to listen on.
// On stop: the destructor closes every connection and joins the thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace fairlead::demo {

class demo_backends
{
public:
    demo_backends();
    ~demo_backends();
    demo_backends(const demo_backends&) = delete;
    demo_backends& operator=(const demo_backends&) = delete;

    // Two of the form "127.0.0.1:PORT", the ports chosen by the kernel; they listen from the constructor on.
    std::vector<std::string> addresses() const;

private:
    class service;
    std::unique_ptr<service> service_;
};

} // namespace fairlead::demo
