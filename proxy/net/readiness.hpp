// Which descriptors of a worker can be read and written, as the kernel tells it once.
//
// Asio tells the kernel anew for each wait, one system call. Here each descriptor is in one edge-triggered
// epoll set from the beginning to the end, and what the set has told is remembered until a read or write
// finds that it is over: a wait costs nothing, and who knows that there is nothing does not ask. The set's
// own descriptor is waited for inside the io_context, so that everything runs on its thread. A wake takes
// up to 256 events.
//
// A service of its io_context, made with the first channel of it. While nobody waits it leaves the
// io_context without work. Thread: the io_context's only one. Source: epoll(7), "Possible pitfalls".
#pragma once

#include "proxy/net/socket.hpp"
#include "proxy/net/spare_blocks.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <span>

struct epoll_event;

namespace fairlead::net {

using wait_type = asio::socket_base::wait_type;

class readiness final : public asio::execution_context::service
{
public:
    using key_type = readiness;
    using handler = asio::any_completion_handler<void(error_code)>;

    // Of one descriptor in the set.
    struct entry : in_spare_block, boost::intrusive::list_base_hook<>
    {
        explicit entry(int descriptor) noexcept
            : fd(descriptor)
        {}

        const int fd;
        bool can_read = true;  // until a read says otherwise
        bool can_write = true; // the same of a write
        bool has_hung_up = false;
        bool is_removed = false;
        // Of TLS, a write may wait for bytes to come while a read does.
        std::array<handler, 2> readers;
        std::array<handler, 2> writers;
    };

    static asio::execution_context::id id;

    explicit readiness(asio::execution_context& context); // throws boost::system::system_error
    ~readiness() override = default;

    static readiness& of(const executor& where);
    executor where() const noexcept { return where_; }

    entry* add(int fd, error_code& error);  // null: it is not in the set
    void remove(entry* which) noexcept;     // what waits is cancelled; the descriptor stays open
    void cancel(entry& which) noexcept;     // what waits completes with operation_aborted
    void look_again(entry& which) noexcept; // tells anew what the descriptor is ready for
    void wait(entry& which, wait_type what, handler&& waiter);

private:
    using entries = boost::intrusive::list<entry>;
    using descriptor = asio::posix::basic_stream_descriptor<executor>;

    void shutdown() noexcept override;
    void arm();
    void on_readable();
    void run(std::span<const epoll_event> events);
    void resume(std::array<handler, 2>& waiters);
    void bury() noexcept;

    const executor where_;
    descriptor epoll_;
    entries entries_;
    entries removed_; // while a batch runs that may name them
    std::exception_ptr failure_;
    std::size_t waiting_ = 0;
    bool is_armed_ = false;
    bool in_batch_ = false;
};

} // namespace fairlead::net
