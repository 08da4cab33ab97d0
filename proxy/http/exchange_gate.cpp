// Who passes is asked when the route has room for the request, and before anything is dialled for it.
#include "proxy/http/auth_check.hpp"
#include "proxy/http/exchange.hpp"

namespace fairlead::http {

// Nothing: it passes.
net::task<std::optional<afterwards>> exchange::ask_who_passes()
{
    auth_check check(services_, client_, asked_);
    asking_ = &check;
    auth_verdict told = co_await check.run();
    asking_ = nullptr;
    if (total_.is_over()) co_return co_await fail_by_total();
    if (told.client_left) co_return give_up("the client left before it was known whether it may pass");
    if (!told.passes) co_return co_await answer(told.status, told.why, told.reason, told.header_lines);
    asked_.add_known(std::move(told.fields));
    co_return std::nullopt;
}

} // namespace fairlead::http
