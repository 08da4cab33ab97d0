// What a route changes in a backend's answer, up to a page in its place.
#include "proxy/http/error_page.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/exchange.hpp"
#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace fairlead::http {
namespace {

// The Host that the route sends in the client's place; empty: the client's own goes.
std::string_view host_of(std::span<const conf::header_value> fields)
{
    const auto found = std::ranges::find_if(
        fields, [](const conf::header_value& each) { return equal_ignoring_case(each.name, "Host"); });
    return found == fields.end() ? std::string_view() : std::string_view(found->value);
}

} // namespace

answer_edits exchange::edits() const
{
    const conf::route_options& route = asked_.route->options();
    answer_edits out;
    out.replaces_cors = route.edge.cors.has_value();
    out.maps_locations = route.rewrite_location;
    out.maps_cookies = route.rewrite_cookie_path;
    if (!out.maps_locations && !out.maps_cookies) return out;
    if (is_below(asked_.facts.path, route.strip_prefix)) out.mapping.stripped = route.strip_prefix;
    if (!asked_.facts.is_asterisk) out.mapping.added = route.add_prefix;
    out.mapping.client_authority = asked_.facts.authority;
    if (pool().tls() != nullptr) out.mapping.backend_scheme = "https";
    out.mapping.backend_authority = {asked_.backend, host_of(asked_.set_headers())};
    return out;
}

const conf::error_page* exchange::intercepting_page() const
{
    const bool is_wanted =
        is_intercepted(facts_.status, asked_.route->options().edge.error_pages, config().error_pages);
    return is_wanted ? asked_.page_for(facts_.status) : nullptr;
}

// What the status means little without (RFC 9110 10.2.3, 15.5.2, 15.5.6).
std::string exchange::kept_lines() const
{
    constexpr std::array<std::string_view, 3> kept{"WWW-Authenticate", "Allow", "Retry-After"};
    std::string lines;
    for (const field each : response_) {
        const bool is_kept = std::ranges::any_of(
            kept, [&](std::string_view name) { return equal_ignoring_case(each.name, name); });
        if (is_kept) lines.append(each.name).append(": ").append(each.value).append("\r\n");
    }
    return lines;
}

// The backend's body is not read on; its connection is kept only where all of it is here already.
net::task<afterwards> exchange::answer_instead(const conf::error_page& page)
{
    std::string own_lines = kept_lines();
    own_lines += sticky_line();
    const std::string cors = asked_.cors_lines();
    record_answer();
    const bool keeps = asked_.facts.keep_alive && !is_leaving() && !asked_.facts.framing.has_body() &&
                       !asked_.facts.is_upgrade;
    response_out_.clear();
    append_error_response(response_out_, facts_.status, {},
                          {keeps, asked_.facts.method == method_kind::head, own_lines, hsts_line(),
                           services_.date.at(std::chrono::system_clock::now()), cors, &page, asked_.id});
    asked_.status = facts_.status;
    const std::size_t body = facts_.framing.kind == framing_kind::length ? facts_.framing.length : 0;
    const bool is_whole =
        (facts_.framing.kind == framing_kind::length || facts_.framing.kind == framing_kind::none) &&
        connected_.made->unread.unread().size() == response_head_bytes_ + body;
    limit_.guard(&client_.lowest_layer());
    body_limit_.guard(nullptr); // the end of a body that still comes must not cut the answer
    if (is_whole) keep_connection();
    limit_.arm(config().timeouts.write);
    const net::error_code error = co_await client_.write(std::string_view(response_out_));
    limit_.disarm();
    co_return error || !keeps ? afterwards::close : afterwards::keep;
}

// The backend's, for another request. What was read of this answer is gone then.
void exchange::keep_connection()
{
    upstream::connection& made = *connected_.made;
    if (!facts_.keep_alive || body_is_running() || body_end_ != transfer_end::complete || total_.is_over())
        return;
    made.unread.release();
    asked_.has_kept_own |= !made.owner.is_anybody();
    // Else a reload may have removed its backend or source.
    if (services_.current->view_of(pool()) != nullptr && !made.to->is_draining())
        services_.idle.put(std::move(connected_.made), config().limits.idle_upstream, net::steady_now_ms());
    connected_.made.reset();
}

} // namespace fairlead::http
