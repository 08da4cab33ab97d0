// The least a proxy can do in user space: accept, dial the backend, copy bytes both ways. What run.py divides
// by.
//
// One thread, one edge-triggered epoll set to which each socket is added once, one read buffer for all
// tunnels. A tunnel owns memory only for bytes the kernel would not take; reading from the other side stops
// until they are gone. No HTTP, no timeouts, no log: it is a measure, not a proxy.
//   floor_relay LISTEN_ADDRESS LISTEN_PORT BACKEND_ADDRESS BACKEND_PORT [--splice]
// With --splice the bytes go from socket to socket through a pipe, and never to user space: the least that a
// large message can cost.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::uint32_t watched_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

constexpr int pipe_bytes = 1024 * 1024; // what everybody may have

struct tunnel;

struct pipe_ends
{
    int read = -1;
    int write = -1;
    std::size_t held = 0; // bytes in it
};

struct side
{
    tunnel* owner;
    int fd;
    bool ended = false; // its end of stream was read
    std::unique_ptr<std::string>
        unsent; // bytes for this socket that the kernel did not take; at most buffer_bytes
    std::unique_ptr<pipe_ends> piped; // the same in a pipe
};

struct tunnel
{
    side client;
    side backend;
    bool closed = false;

    side& other(const side& one) { return &one == &client ? backend : client; }
};

[[noreturn]] void die(const char* what)
{
    std::perror(what);
    std::exit(1);
}

sockaddr_in make_address(const char* ip, const char* port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
    if (::inet_pton(AF_INET, ip, &address.sin_addr) != 1) die(ip);
    return address;
}

class relay
{
public:
    relay(const sockaddr_in& listen_address, const sockaddr_in& backend, bool splices)
        : backend_{backend}
        , splices_{splices}
    {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        set_on(listener_, SOL_SOCKET, SO_REUSEADDR);
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&listen_address), sizeof listen_address) != 0)
            die("bind");
        if (::listen(listener_, 4096) != 0) die("listen");
        watch(listener_, nullptr);
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, 256> events{};
        for (;;) {
            const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
            if (count < 0 && errno != EINTR) die("epoll_wait");
            for (int i = 0; i < count; ++i) {
                if (events[i].data.ptr == nullptr)
                    accept_all();
                else
                    on_event(*static_cast<side*>(events[i].data.ptr), events[i].events);
            }
            closed_.clear(); // only now: a later event of the same batch may name the same tunnel
        }
    }

private:
    static void set_on(int fd, int level, int name)
    {
        const int on = 1;
        if (::setsockopt(fd, level, name, &on, sizeof on) != 0) die("setsockopt");
    }

    void watch(int fd, side* which) const
    {
        epoll_event event{.events = watched_events, .data = {.ptr = which}};
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
    }

    void accept_all()
    {
        for (;;) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client < 0) {
                if (errno == EAGAIN) return;
                if (errno == ECONNABORTED) continue;
                die("accept4");
            }
            open_tunnel(client);
        }
    }

    void open_tunnel(int client)
    {
        const int backend = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (backend < 0) die("socket");
        set_on(client, IPPROTO_TCP, TCP_NODELAY);
        set_on(backend, IPPROTO_TCP, TCP_NODELAY);
        if (::connect(backend, reinterpret_cast<const sockaddr*>(&backend_), sizeof backend_) != 0 &&
            errno != EINPROGRESS)
            die("connect");
        auto* made = new tunnel{.client = {nullptr, client, false, {}, {}},
                                .backend = {nullptr, backend, false, {}, {}}};
        made->client.owner = made->backend.owner = made;
        watch(client, &made->client);
        watch(backend, &made->backend);
    }

    void on_event(side& ready, std::uint32_t events)
    {
        tunnel& owner = *ready.owner;
        if (owner.closed) return;
        if (ready.unsent && !flush(ready)) return;
        if (ready.piped && !flush_pipe(ready)) return;
        if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) copy_from(ready, events);
    }

    // Sends what waits for this socket and resumes reading from the other one. False: the tunnel is closed.
    bool flush(side& to)
    {
        const ssize_t sent = ::send(to.fd, to.unsent->data(), to.unsent->size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || close_tunnel(*to.owner);
        to.unsent->erase(0, static_cast<std::size_t>(sent));
        if (!to.unsent->empty()) return true;
        to.unsent.reset();
        return copy_from(to.owner->other(to),
                         EPOLLRDHUP); // the edge passed while it was stopped: read to the end
    }

    bool copy_from(side& from, std::uint32_t events)
    {
        if (splices_) return splice_from(from);
        side& to = from.owner->other(from);
        while (!to.unsent && !from.ended) {
            const ssize_t count = ::recv(from.fd, buffer_.data(), buffer_.size(), 0);
            if (count < 0) return errno == EAGAIN || close_tunnel(*from.owner);
            if (count == 0) return end_of(from);
            if (!send_or_keep(to, {buffer_.data(), static_cast<std::size_t>(count)})) return false;
            // A short read drained the socket, unless an end of stream was announced with the data.
            if (static_cast<std::size_t>(count) < buffer_.size() && (events & EPOLLRDHUP) == 0) return true;
        }
        return true;
    }

    bool send_or_keep(side& to, std::string_view bytes)
    {
        ssize_t sent = ::send(to.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) return close_tunnel(*to.owner);
            sent = 0;
        }
        if (static_cast<std::size_t>(sent) < bytes.size())
            to.unsent = std::make_unique<std::string>(bytes.substr(static_cast<std::size_t>(sent)));
        return true;
    }

    std::unique_ptr<pipe_ends> take_pipe()
    {
        if (!pipes_.empty()) {
            auto taken = std::move(pipes_.back());
            pipes_.pop_back();
            return taken;
        }
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) die("pipe2");
        if (::fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes) < 0) die("F_SETPIPE_SZ");
        return std::make_unique<pipe_ends>(pipe_ends{.read = ends[0], .write = ends[1]});
    }

    // Until there is nothing to read, or the other side takes no more: then the pipe stays with it.
    bool splice_from(side& from)
    {
        side& to = from.owner->other(from);
        while (!to.piped && !from.ended) {
            auto through = take_pipe();
            const ssize_t count = ::splice(from.fd, nullptr, through->write, nullptr, pipe_bytes,
                                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
            const int error = errno;
            through->held = count > 0 ? static_cast<std::size_t>(count) : 0;
            to.piped = std::move(through);
            if (count <= 0) pipes_.push_back(std::move(to.piped));
            if (count < 0) return error == EAGAIN || close_tunnel(*from.owner);
            if (count == 0) return end_of(from);
            if (!empty_pipe(to)) return false;
        }
        return true;
    }

    // False: the tunnel is closed.
    bool empty_pipe(side& to)
    {
        while (to.piped->held > 0) {
            const ssize_t sent = ::splice(to.piped->read, nullptr, to.fd, nullptr, to.piped->held,
                                          SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
            if (sent < 0) return errno == EAGAIN || close_tunnel(*to.owner);
            to.piped->held -= static_cast<std::size_t>(sent);
        }
        pipes_.push_back(std::move(to.piped));
        return true;
    }

    bool flush_pipe(side& to) { return empty_pipe(to) && (to.piped || splice_from(to.owner->other(to))); }

    static void discard(side& gone)
    {
        ::close(gone.fd);
        if (!gone.piped) return;
        ::close(gone.piped->read);
        ::close(gone.piped->write);
    }

    bool end_of(side& from)
    {
        side& to = from.owner->other(from);
        from.ended = true;
        if (to.ended) return close_tunnel(*from.owner);
        ::shutdown(to.fd, SHUT_WR);
        return true;
    }

    bool close_tunnel(tunnel& gone)
    {
        discard(gone.client);
        discard(gone.backend);
        gone.closed = true;
        closed_.emplace_back(&gone);
        return false;
    }

    sockaddr_in backend_;
    bool splices_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    int listener_ = -1;
    std::array<char, buffer_bytes> buffer_{};
    std::vector<std::unique_ptr<tunnel>> closed_;
    std::vector<std::unique_ptr<pipe_ends>> pipes_; // empty ones
};

} // namespace

int main(int argc, char** argv)
{
    const bool splices = argc == 6 && std::string_view{argv[5]} == "--splice";
    if (argc != 5 && !splices) {
        std::fputs("usage: floor_relay LISTEN_ADDRESS LISTEN_PORT BACKEND_ADDRESS BACKEND_PORT [--splice]\n",
                   stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN); // splice() has no MSG_NOSIGNAL
    static relay only{make_address(argv[1], argv[2]), make_address(argv[3], argv[4]), splices};
    only.run();
}
