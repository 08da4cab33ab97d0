#include "proxy/upstream/dial_stop.hpp"

#include <sys/socket.h>

namespace fairlead::upstream {

// Not by closing it: a handshake writes to the descriptor by its number. The shutdown ends what does not wait
// on the socket yet, such as for a turn at the handshake gate.
void dial_stop::tell() noexcept
{
    is_told_ = true;
    if (under_way_ == nullptr) return;
    ::shutdown(under_way_->fd(), SHUT_RDWR);
    under_way_->cancel();
}

dial_stop::watched::watched(dial_stop* by, net::stream& what) noexcept
    : by_(by)
{
    if (by_ != nullptr) by_->under_way_ = &what;
}

dial_stop::watched::~watched()
{
    if (by_ != nullptr) by_->under_way_ = nullptr;
}

} // namespace fairlead::upstream
