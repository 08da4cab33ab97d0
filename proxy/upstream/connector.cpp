#include "proxy/upstream/connector.hpp"

#include <utility>

namespace fairlead::upstream {
namespace {

bool is_backends_fault(metrics::dial_failure failure) noexcept
{
    return failure != metrics::dial_failure::ports_exhausted &&
           failure != metrics::dial_failure::no_resources && failure != metrics::dial_failure::unresolved &&
           failure != metrics::dial_failure::no_client_address;
}

} // namespace

// Nothing, and the search says for whom to wait: there is no room, or others have waited longer for it.
std::optional<backend_choice> connector::choose(connect_request& request, room_search& search)
{
    const request_queue& queue = *request.from.queue();
    sticky_request asked = request.sticky;
    asked.waits_for_own = queue.takes_any() && !search.is_late;
    if (search.place) asked.called_for = search.place->called_for();
    const auto now = std::chrono::steady_clock::now();
    const auto choice = request.choice.choose(request.from.backends(), request.tried, now, asked);
    search.wanted = request.choice.wants_room().of;
    search.lacks_room = request.choice.wants_room().is_so;
    if (!choice || queue.waiting_for_any() == 0 || asked.called_for != nullptr) return choice;
    const bool is_own = asked.wish.position == choice->position || asked.wish.key != 0;
    if (is_own && !search.is_late) search.wanted = choice->position;
    search.lacks_room = true;
    return std::nullopt;
}

// None: there may be room now.
net::task<no_room> connector::wait_for_room(connect_request& request, room_search& search)
{
    const std::shared_ptr<request_queue>& queue = request.from.queue();
    if (search.is_late) co_return no_room::queue_timeout;
    std::shared_ptr<backend> own;
    if (search.wanted) own = request.from.backends()[*search.wanted];
    if (!search.place || !search.place->has_joined()) {
        if (!queue->takes_any() || !request.may_wait) co_return no_room::backends_full;
        search.place.emplace(queue, request.from.backends(), where_, wheel_);
        if (!search.place->join(own)) co_return no_room::queue_full;
    }
    if (request.stop.is_told()) co_return no_room::left;
    const auto begun = std::chrono::steady_clock::now();
    request.place = &*search.place;
    const queue_place::news news = co_await search.place->wait(own);
    request.place = nullptr;
    request.waited += std::chrono::steady_clock::now() - begun;
    if (news == queue_place::news::told_to_leave) co_return no_room::left;
    search.is_late = news == queue_place::news::time_is_up;
    co_return search.is_late && !own ? no_room::queue_timeout : no_room::none;
}

bool connector::connect_at_once(connect_request& request, connect_outcome& outcome)
{
    room_search search;
    const auto choice = request.may_reuse ? choose(request, search) : std::nullopt;
    if (!choice) return false;
    request.foreseen = choice;
    if (choice->granted.is_probe()) return false;
    const std::shared_ptr<backend>& to = request.from.backends()[choice->position];
    backend_use use = to->admit();
    if (!use) return false;
    outcome.made = idle_.take(*to, request.from.owner_for(request.ends));
    if (!outcome.made) return false;
    request.foreseen.reset();
    request.chosen = choice->position;
    request.cells[choice->position]->reused.add();
    outcome.use = std::move(use);
    outcome.position = choice->position;
    outcome.was_any_tried = true;
    return true;
}

net::task<connect_outcome> connector::connect(connect_request& request)
{
    connect_outcome outcome;
    room_search search;
    const connection_owner owner = request.from.owner_for(request.ends);
    while (!request.tried.is_full()) {
        const auto choice =
            request.foreseen ? std::exchange(request.foreseen, std::nullopt) : choose(request, search);
        if (!choice) {
            if (!search.lacks_room) break;
            outcome.refused = co_await wait_for_room(request, search);
            if (outcome.refused != no_room::none) break;
            continue;
        }
        std::shared_ptr<backend> to = request.from.backends()[choice->position];
        metrics::backend_cells& cells = *request.cells[choice->position];
        outcome.use = to->admit();
        if (!outcome.use) continue; // another worker took the last room
        if (search.place) search.place->serve();
        outcome.position = choice->position;
        request.chosen = choice->position;
        outcome.was_any_tried = true;
        // A probe must dial: a kept connection would say nothing of whether the backend accepts.
        if (request.may_reuse && !choice->granted.is_probe()) {
            outcome.made = idle_.take(*to, owner);
            if (outcome.made) {
                cells.reused.add();
                co_return outcome;
            }
        }
        const pending_connect under_way = to->begin_connect(request.from.max_pending());
        if (!under_way) {
            cells.pending_overflows.add();
            outcome.refused = no_room::backends_pending;
            outcome.use.reset();
            request.tried.add_full(choice->position);
            continue;
        }
        const dial_request wanted{request.from,       request.options,    cells,        request.ends,
                                  request.before_tls, &outcome.tls_fault, &request.stop};
        dial_result dialled = co_await dials_.dial(wanted, to);
        if (dialled.has_value()) {
            to->connected(std::chrono::steady_clock::now());
            outcome.made = std::make_unique<connection>(std::move(*dialled));
            outcome.made->owner = owner;
            co_return outcome;
        }
        if (request.stop.is_told()) {
            outcome.refused = no_room::left;
            outcome.use.reset();
            break;
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
