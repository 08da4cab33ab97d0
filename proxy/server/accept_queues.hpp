// What waits in the kernel for each worker to accept it, by listener: looked at when it is asked for, so that
// a worker which hangs is seen by the queue that grows before it.
//
// Thread: any; an entry ends on its worker's thread, before its socket is closed. The lock is held for two
// system calls a socket. Lifetime: it outlives its entries. Unix sockets tell nothing and are left out.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/server/listening_socket.hpp"

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <vector>

namespace fairlead::server {

struct watched_socket;

class accept_queues
{
    struct watched
    {
        std::string listener;
        std::size_t worker;
        int fd;
    };

public:
    class entry
    {
    public:
        entry(entry&& other) noexcept;
        entry& operator=(entry&&) = delete;
        ~entry() { end(); }

        void end() noexcept;

    private:
        friend class accept_queues;
        entry(accept_queues& owner, std::list<watched>::iterator at) noexcept
            : owner_(&owner)
            , at_(at)
        {}

        accept_queues* owner_; // null: it has ended
        std::list<watched>::iterator at_;
    };

    accept_queues() = default;
    accept_queues(const accept_queues&) = delete;
    accept_queues& operator=(const accept_queues&) = delete;

    watched_socket watch(std::string listener, std::size_t worker, owned_fd socket);

    std::vector<metrics::accept_queue_state> read() const;

private:
    mutable std::mutex mutex_;
    std::list<watched> all_;
};

// A listening socket and its entry, for whoever accepts from it.
struct watched_socket
{
    owned_fd fd;
    accept_queues::entry queue; // destroyed first
};

} // namespace fairlead::server
