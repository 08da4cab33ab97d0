#include "proxy/upstream/connector.hpp"

namespace fairlead::upstream {
namespace {

bool is_backends_fault(metrics::dial_failure failure) noexcept
{
    return failure != metrics::dial_failure::ports_exhausted &&
           failure != metrics::dial_failure::no_resources && failure != metrics::dial_failure::unresolved &&
           failure != metrics::dial_failure::no_client_address;
}

} // namespace

net::task<connect_outcome> connector::connect(connect_request& request)
{
    connect_outcome outcome;
    const connection_owner owner = request.from.owner_for(request.ends);
    while (!request.tried.is_full()) {
        const auto now = std::chrono::steady_clock::now();
        const auto choice =
            request.choice.choose(request.from.backends(), request.tried, now, request.sticky);
        if (!choice) break;
        std::shared_ptr<backend> to = request.from.backends()[choice->position];
        metrics::backend_cells& cells = *request.cells[choice->position];
        outcome.position = choice->position;
        outcome.use = backend_use(*to);
        outcome.was_any_tried = true;
        // A probe must dial: a kept connection would say nothing of whether the backend accepts.
        if (request.may_reuse && !choice->granted.is_probe()) {
            outcome.made = idle_.take(*to, owner);
            if (outcome.made) {
                cells.reused.add();
                co_return outcome;
            }
        }
        const dial_request wanted{request.from, request.options,    cells,
                                  request.ends, request.before_tls, &outcome.tls_fault};
        dial_result dialled = co_await dials_.dial(wanted, to);
        if (dialled.has_value()) {
            to->connected(std::chrono::steady_clock::now());
            outcome.made.emplace(std::move(*dialled));
            outcome.made->owner = owner;
            co_return outcome;
        }
        outcome.failure = dialled.error();
        if (is_backends_fault(outcome.failure)) {
            const auto failed_at = std::chrono::steady_clock::now();
            to->backoff().fail(choice->granted, failed_at, request.from.backoff());
            request.from.record_failure(*to, health::failure_kind::no_connection, failed_at);
        }
        outcome.use.reset();
        if (outcome.failure == metrics::dial_failure::no_resources) break; // no other backend would help
        // One that has no free tuple was not tried: it costs a look at counts and no wait.
        const bool is_full =
            outcome.failure == metrics::dial_failure::ports_exhausted && !has_free_tuple(request.from, *to);
        is_full ? request.tried.add_full(choice->position) : request.tried.add(choice->position);
    }
    co_return outcome;
}

} // namespace fairlead::upstream
