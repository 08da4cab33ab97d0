#include "proxy/server/connection_query.hpp"

#include "proxy/server/admin_parameters.hpp"
#include "proxy/websocket/frame_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fairlead::server {
namespace {

constexpr std::size_t going_away = 1001;

constexpr std::array<std::pair<std::string_view, connection_order>, 5> orders{{
    {"age", connection_order::age},
    {"bytes", connection_order::bytes},
    {"messages", connection_order::messages},
    {"rtt", connection_order::rtt},
    {"idle", connection_order::idle},
}};

std::optional<conf::cidr> block(admin_parameters& given, std::string_view name)
{
    const auto text = given.text(name);
    if (!text) return std::nullopt;
    auto out = conf::parse_cidr(*text);
    if (!out) given.fail(std::string(name) + " is an address or a block such as 10.0.0.0/8");
    return out;
}

conf::duration time(admin_parameters& given, std::string_view name)
{
    const auto text = given.text(name);
    if (!text) return conf::duration(0);
    const auto out = conf::parse_duration(*text);
    if (!out) given.fail(std::string(name) + " is a duration such as 30s");
    return out.value_or(conf::duration(0));
}

connection_order order(admin_parameters& given, std::string_view name, connection_order usual)
{
    const auto text = given.text(name);
    if (!text) return usual;
    const auto found =
        std::ranges::find(orders, std::string_view(*text), [](const auto& each) { return each.first; });
    if (found != orders.end()) return found->second;
    given.fail(std::string(name) + " is one of age, bytes, messages, rtt and idle");
    return usual;
}

void read_backend(admin_parameters& given, connection_query& into)
{
    const auto text = given.text("backend");
    if (!text) return;
    const auto slash = text->find('/'); // no pool has one in its name
    if (slash == text->npos || into.pool) {
        given.fail("backend is POOL/ADDRESS, without pool=");
        return;
    }
    into.pool = text->substr(0, slash);
    into.backend = text->substr(slash + 1);
}

connection_query read_filter(admin_parameters& given)
{
    connection_query out;
    out.id = given.text("id");
    out.route = given.text("route");
    out.pool = given.text("pool");
    read_backend(given, out);
    out.listener = given.text("listener");
    out.client = block(given, "client");
    out.source = block(given, "source");
    out.min_age = time(given, "min_age");
    out.min_idle = time(given, "idle");
    return out;
}

bool has_filter(const connection_query& asked)
{
    return asked.id || asked.route || asked.pool || asked.listener || asked.client || asked.source ||
           asked.min_age.count() != 0 || asked.min_idle.count() != 0;
}

} // namespace

connection_query_result read_connection_query(std::string_view query)
{
    admin_parameters given(query, {"id", "route", "pool", "backend", "listener", "client", "source",
                                   "min_age", "idle", "sort", "order", "limit", "offset"});
    connection_query out = read_filter(given);
    out.sort = order(given, "sort", connection_order::age);
    const auto direction = given.text("order");
    if (direction && *direction != "asc" && *direction != "desc") given.fail("order is asc or desc");
    out.is_ascending = direction == "asc";
    out.limit = given.number("limit", 1, connection_query::most_on_a_page).value_or(out.limit);
    out.offset = given.number("offset", 0, connection_query::deepest - out.limit).value_or(out.offset);
    return {std::move(out), given.problem()};
}

connection_query_result read_top_query(std::string_view query)
{
    admin_parameters given(query, {"id", "route", "pool", "backend", "listener", "client", "source",
                                   "min_age", "idle", "by", "top"});
    connection_query out = read_filter(given);
    out.sort = order(given, "by", connection_order::bytes);
    out.limit = given.number("top", 1, connection_query::deepest).value_or(out.limit);
    return {std::move(out), given.problem()};
}

connection_query_result read_close_query(std::string_view query)
{
    admin_parameters given(query, {"id", "route", "pool", "backend", "listener", "client", "source",
                                   "min_age", "idle", "all", "code"});
    connection_query out = read_filter(given);
    if (has_filter(out) == given.flag("all")) given.fail("say which to close, or all=1");
    const std::size_t code = given.number("code", 1'000, 4'999).value_or(going_away);
    out.close_code = static_cast<std::uint16_t>(code);
    if (!websocket::is_sendable(out.close_code))
        given.fail(std::to_string(code) + " is no code that a Close may have (RFC 6455 7.4)");
    return {std::move(out), given.problem()};
}

} // namespace fairlead::server
