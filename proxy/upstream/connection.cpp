#include "proxy/upstream/connection.hpp"

#include "proxy/snat/tuple_return.hpp"

namespace fairlead::upstream {

connection& connection::operator=(connection&& other) noexcept
{
    if (this == &other) return *this;
    close();
    stream = std::move(other.stream);
    source = std::move(other.source);
    to = std::move(other.to);
    unread = std::move(other.unread);
    owner = other.owner;
    is_reused = other.is_reused;
    return *this;
}

void connection::close() noexcept
{
    if (!source) {
        stream.close();
        return;
    }
    const snat::tuple_return ending(std::move(source), stream.fd(), false);
    stream.close();
}

} // namespace fairlead::upstream
