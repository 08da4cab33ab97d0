#include "proxy/server/admin_listener.hpp"

#include "proxy/admin/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

constexpr std::chrono::milliseconds pause_time{100};

bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

} // namespace

socket_file::socket_file(std::string path)
    : path_(std::move(path))
{
    if (!find(device_, inode_)) path_.clear();
}

socket_file::~socket_file()
{
    unsigned long long device = 0;
    unsigned long long inode = 0;
    if (find(device, inode) && device == device_ && inode == inode_) ::unlink(path_.c_str());
}

bool socket_file::find(unsigned long long& device, unsigned long long& inode) const
{
    struct stat found
    {};
    if (path_.empty() || ::lstat(path_.c_str(), &found) != 0) return false;
    device = found.st_dev;
    inode = found.st_ino;
    return true;
}

admin_listener::admin_listener(net::asio::io_context& io, owned_fd socket, std::string file,
                               std::shared_ptr<admin::entrance> through,
                               std::shared_ptr<admin::connection_services> services, opened tell)
    : io_(io)
    , file_(std::move(file))
    , socket_(io.get_executor(), socket.release())
    , pause_(io.get_executor())
    , entrance_(std::move(through))
    , services_(std::move(services))
    , tell_(std::move(tell))
{
    wait();
}

void admin_listener::wait()
{
    socket_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (error) return;
        if (accept_one()) {
            wait();
            return;
        }
        // Out of descriptors: the connection stays in the queue and would wake us again at once.
        pause_.expires_after(pause_time);
        pause_.async_wait([this](const net::error_code& cancelled) {
            if (!cancelled) wait();
        });
    });
}

bool admin_listener::accept_one()
{
    owned_fd taken(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (taken.get() < 0) return !is_shortage(errno);
    if (entrance_->connections >= admin::max_connections) {
        services_->cells->refusals[metrics::admin_refusal::busy].add();
        return true;
    }
    net::stream client(io_.get_executor());
    if (client.assign(taken.get())) return true;
    (void)taken.release();
    auto one = std::make_shared<admin::connection>(services_, entrance_, std::move(client));
    net::asio::co_spawn(io_.get_executor(), admin::connection::serve(std::move(one)), net::asio::detached);
    tell_();
    return true;
}

} // namespace fairlead::server
