// What a client is told for whose request no backend had room.
#include "proxy/http/exchange.hpp"

namespace fairlead::http {

net::task<afterwards> exchange::refuse_for_room()
{
    using upstream::no_room;
    switch (connected_.refused) {
    case no_room::left: co_return give_up("the client left while it waited for a backend");
    case no_room::queue_full:
        co_return co_await answer(503, metrics::refusal::queue_full,
                                  "as many requests as may wait for a backend do already", retry_later());
    case no_room::queue_timeout:
        co_return co_await answer(503, metrics::refusal::queue_timeout, "no backend had room in time",
                                  retry_later());
    case no_room::backends_pending:
        co_return co_await answer(503, metrics::refusal::backends_pending,
                                  "every backend has max_pending connects under way", retry_later());
    case no_room::backends_full:
    case no_room::none: break;
    }
    co_return co_await answer(503, metrics::refusal::backends_full, "every backend is at its max_connections",
                              retry_later());
}

} // namespace fairlead::http
