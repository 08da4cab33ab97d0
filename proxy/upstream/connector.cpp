#include "proxy/upstream/connector.hpp"

namespace fairlead::upstream {

net::task<connect_outcome> connector::connect(connect_request& request)
{
    connect_outcome outcome;
    while (!request.tried.is_full()) {
        const auto now = std::chrono::steady_clock::now();
        const auto choice = request.choice.choose(request.from.backends(), request.tried, now);
        if (!choice) break;
        std::shared_ptr<backend> to = request.from.backends()[choice->position];
        metrics::backend_cells& cells = *request.cells[choice->position];
        outcome.position = choice->position;
        outcome.use = backend_use(*to);
        outcome.was_any_tried = true;
        if (request.may_reuse) {
            outcome.made = idle_.take(*to);
            if (outcome.made) {
                cells.reused.add();
                co_return outcome;
            }
        }
        dial_result dialled = co_await dials_.dial(request.from, to, request.options, cells);
        if (dialled.has_value()) {
            to->backoff().succeed();
            outcome.made.emplace(std::move(*dialled));
            co_return outcome;
        }
        outcome.failure = dialled.error();
        if (outcome.failure != metrics::dial_failure::ports_exhausted)
            to->backoff().fail(choice->granted, std::chrono::steady_clock::now(), request.from.backoff());
        outcome.use.reset();
        request.tried.add(choice->position);
    }
    co_return outcome;
}

} // namespace fairlead::upstream
