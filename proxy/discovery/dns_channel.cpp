#include "proxy/discovery/dns_channel.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>
#include <arpa/nameser.h>
#include <sys/time.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace fairlead::discovery {
namespace {

constexpr int edns_bytes = 1'232; // fits every path without fragments (DNS flag day 2020)

void check(int status, const char* what)
{
    if (status != ARES_SUCCESS) throw std::runtime_error(std::string(what) + ": " + ::ares_strerror(status));
}

std::string servers_text(const std::vector<conf::endpoint>& resolvers)
{
    std::string out;
    for (const conf::endpoint& each : resolvers)
        out += (out.empty() ? "" : ",") + each.text;
    return out;
}

} // namespace

// What waits hold. After close() c-ares has no channel any more, and nothing is told.
struct dns_channel::state
{
    using descriptor = net::asio::posix::basic_stream_descriptor<net::executor>;

    // One of c-ares' sockets, which closes it itself.
    struct watched
    {
        watched(net::asio::io_context& io, ares_socket_t fd)
            : socket(io.get_executor(), fd)
        {}
        ~watched() { release(); }
        void release()
        {
            if (socket.is_open()) socket.release();
        }

        descriptor socket;
        bool wants_read = false;
        bool wants_write = false;
        bool waits_read = false;
        bool waits_write = false;
    };

    // One question; c-ares holds it until it calls back, which it does once.
    struct question
    {
        std::shared_ptr<state> of;
        answered then;
    };

    explicit state(net::asio::io_context& context)
        : io(context)
        , timer(context)
    {}

    static void socket_changed(void* self, ares_socket_t fd, int readable, int writable);
    static void answer_came(void* asked, int status, int timeouts, unsigned char* bytes, int size);
    static void wait(const std::shared_ptr<state>& self, ares_socket_t fd);
    static void wait_for_time(const std::shared_ptr<state>& self);
    static void process(const std::shared_ptr<state>& self, ares_socket_t readable, ares_socket_t writable);
    static void go_on(const std::shared_ptr<state>& self);
    void close();

    net::asio::io_context& io;
    net::asio::steady_timer timer;
    ares_channel channel = nullptr;
    std::map<ares_socket_t, std::shared_ptr<watched>> sockets;
};

// Waits begin when c-ares has returned: here it may be in the middle of anything.
void dns_channel::state::socket_changed(void* self, ares_socket_t fd, int readable, int writable)
{
    auto& of = *static_cast<state*>(self);
    if (readable == 0 && writable == 0) {
        const auto known = of.sockets.find(fd);
        if (known == of.sockets.end()) return;
        known->second->release(); // c-ares closes it next, whoever still holds this
        of.sockets.erase(known);
        return;
    }
    auto& known = of.sockets[fd];
    if (!known) known = std::make_shared<watched>(of.io, fd);
    known->wants_read = readable != 0;
    known->wants_write = writable != 0;
}

void dns_channel::state::answer_came(void* asked, int status, int, unsigned char* bytes, int size)
{
    const std::unique_ptr<question> of(static_cast<question*>(asked));
    if (status == ARES_EDESTRUCTION) return;
    std::vector<unsigned char> answer;
    if (bytes != nullptr && size > 0) answer.assign(bytes, bytes + size);
    net::asio::post(of->of->io,
                    [self = of->of, then = std::move(of->then), status, copy = std::move(answer)] {
                        if (self->channel != nullptr) then(status, copy);
                    });
}

// A socket that is gone has released its descriptor, which ends its waits; one of the same number is another
// object.
void dns_channel::state::wait(const std::shared_ptr<state>& self, ares_socket_t fd)
{
    const auto& known = self->sockets.at(fd);
    const std::weak_ptr<watched> of = known;
    if (known->wants_read && !std::exchange(known->waits_read, true)) {
        known->socket.async_wait(descriptor::wait_read, [self, of, fd](const net::error_code&) {
            const auto alive = of.lock();
            if (!alive) return;
            alive->waits_read = false;
            process(self, fd, ARES_SOCKET_BAD);
        });
    }
    if (known->wants_write && !std::exchange(known->waits_write, true)) {
        known->socket.async_wait(descriptor::wait_write, [self, of, fd](const net::error_code&) {
            const auto alive = of.lock();
            if (!alive) return;
            alive->waits_write = false;
            process(self, ARES_SOCKET_BAD, fd);
        });
    }
}

void dns_channel::state::wait_for_time(const std::shared_ptr<state>& self)
{
    timeval left{};
    if (::ares_timeout(self->channel, nullptr, &left) == nullptr) {
        self->timer.cancel();
        return;
    }
    self->timer.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
    self->timer.async_wait([self](const net::error_code& error) {
        if (!error) process(self, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

void dns_channel::state::process(const std::shared_ptr<state>& self, ares_socket_t readable,
                                 ares_socket_t writable)
{
    if (self->channel == nullptr) return;
    ::ares_process_fd(self->channel, readable, writable);
    go_on(self);
}

void dns_channel::state::go_on(const std::shared_ptr<state>& self)
{
    for (const auto& [fd, known] : self->sockets)
        wait(self, fd);
    wait_for_time(self);
}

void dns_channel::state::close()
{
    timer.cancel();
    if (auto* const old = std::exchange(channel, nullptr)) ::ares_destroy(old);
    sockets.clear();
}

dns_channel::dns_channel(net::asio::io_context& io, const dns_channel_options& options)
    : state_(std::make_shared<state>(io))
{
    ares_options settings{};
    settings.flags = ARES_FLAG_EDNS;
    settings.timeout = static_cast<int>(options.try_timeout.count());
    settings.tries = options.tries;
    settings.ednspsz = edns_bytes;
    settings.sock_state_cb = &state::socket_changed;
    settings.sock_state_cb_data = state_.get();
    check(::ares_library_init(ARES_LIB_INIT_ALL), "ares_library_init");
    try {
        check(::ares_init_options(&state_->channel, &settings,
                                  ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                                      ARES_OPT_SOCK_STATE_CB),
              "ares_init_options");
        if (!options.resolvers.empty())
            check(::ares_set_servers_ports_csv(state_->channel, servers_text(options.resolvers).c_str()),
                  "ares_set_servers_ports_csv");
    } catch (...) {
        state_->close();
        ::ares_library_cleanup();
        throw;
    }
}

dns_channel::~dns_channel()
{
    state_->close();
    ::ares_library_cleanup();
}

void dns_channel::ask(const std::string& name, record_kind kind, answered then)
{
    auto asked = std::make_unique<state::question>(state::question{state_, std::move(then)});
    ::ares_search(state_->channel, name.c_str(), ns_c_in, static_cast<int>(kind), &state::answer_came,
                  asked.release());
    state::go_on(state_);
}

void dns_channel::cancel()
{
    ::ares_cancel(state_->channel);
    state::go_on(state_);
}

} // namespace fairlead::discovery
