// Input: which question of the admin listener, and its query. What is taken is within its bounds, each
// value means the same in other words (all escaped, or parameters in another order), and an imagined
// request is one head.
#include "proxy/http/head_parser.hpp"
#include "proxy/server/connection_query.hpp"
#include "proxy/server/event_query.hpp"
#include "proxy/server/explain_request.hpp"
#include "proxy/websocket/frame_check.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;
using server::connection_query;

std::vector<std::string> parameters_of(std::string_view query)
{
    std::vector<std::string> out(1);
    for (const char c : query) {
        if (c == '&')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

std::string joined(const std::vector<std::string>& parameters)
{
    std::string out;
    for (const std::string& each : parameters)
        out.append(out.empty() ? "" : "&").append(each);
    return out;
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string escaped(const std::string& parameter)
{
    const auto equals = parameter.find('=');
    if (equals == parameter.npos) return parameter;
    std::string out = parameter.substr(0, equals + 1);
    for (std::size_t i = equals + 1; i < parameter.size(); ++i) {
        const char c = parameter[i];
        if (c == '%' && i + 2 < parameter.size() && is_hex(parameter[i + 1]) && is_hex(parameter[i + 2])) {
            out.append(parameter, i, 3);
            i += 2;
            continue;
        }
        constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c == '+' ? ' ' : c);
        out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

// The same question in other words.
std::string reworded(std::string_view query)
{
    auto parameters = parameters_of(query);
    std::ranges::transform(parameters, parameters.begin(), escaped);
    return joined(parameters);
}

std::string reversed(std::string_view query)
{
    auto parameters = parameters_of(query);
    std::ranges::reverse(parameters);
    return joined(parameters);
}

std::string summary(const server::connection_query_result& result)
{
    if (!result.problem.empty()) return "refused";
    const connection_query& query = result.query;
    std::string out;
    for (const auto* each : {&query.id, &query.route, &query.pool, &query.backend, &query.listener})
        out += each->has_value() ? "=" + **each + ";" : "-;";
    for (const auto* each : {&query.client, &query.source}) {
        out += each->has_value()
                   ? conf::to_string((*each)->address) + "/" + std::to_string((*each)->prefix_length)
                   : "-";
        out += ";";
    }
    for (const std::uint64_t each :
         {static_cast<std::uint64_t>(query.min_age.count()),
          static_cast<std::uint64_t>(query.min_idle.count()), static_cast<std::uint64_t>(query.sort),
          static_cast<std::uint64_t>(query.is_ascending), static_cast<std::uint64_t>(query.limit),
          static_cast<std::uint64_t>(query.offset), static_cast<std::uint64_t>(query.close_code)})
        out += std::to_string(each) + ";";
    return out;
}

template <class Read>
connection_query check_connections(Read read, std::string_view query)
{
    const auto result = read(query);
    require(summary(read(reworded(query))) == summary(result), "escapes change nothing");
    require(summary(read(reversed(query))) == summary(result), "nor does the order");
    return result.problem.empty() ? result.query : connection_query{};
}

void check_page(const connection_query& page)
{
    require(page.limit >= 1 && page.limit <= connection_query::most_on_a_page, "a page is within its bound");
    require(page.offset + page.limit <= connection_query::deepest, "and not too deep");
    require(!page.backend || page.pool, "a backend is one of a pool");
    require(page.close_code == 0, "to look closes nothing");
}

void check_close(std::string_view query)
{
    const auto result = server::read_close_query(query);
    (void)check_connections(server::read_close_query, query);
    if (!result.problem.empty()) return;
    const connection_query& asked = result.query;
    require(websocket::is_sendable(asked.close_code), "who closes says a code that may be sent");
    const bool has_filter = asked.id || asked.route || asked.pool || asked.listener || asked.client ||
                            asked.source || asked.min_age.count() != 0 || asked.min_idle.count() != 0;
    require(has_filter || query.find("all=") != query.npos, "and does not close all by mistake");
}

void check_events(std::string_view query)
{
    const auto result = server::read_events_query(query);
    require(result.every >= server::events_query::shortest && result.every <= server::events_query::longest,
            "events come neither too often nor too seldom");
    require(server::read_events_query(reworded(query)).every == result.every, "escapes change nothing");
}

void check_explain(std::string_view query)
{
    const auto asked = server::read_explain_query(query);
    if (asked.has_error()) {
        require(!asked.error().why.empty(), "a refusal says why");
        return;
    }
    const auto imagined = server::imagine(*asked);
    if (imagined.has_error()) {
        require(!imagined.error().why.empty(), "a refusal says why");
        return;
    }
    http::head read;
    const auto parsed = http::request_head_parser().parse(imagined->bytes, read);
    require(parsed.status != http::parse_status::need_more, "an imagined request has an end");
    if (parsed.status == http::parse_status::done)
        require(parsed.consumed == imagined->bytes.size(), "and is one head");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view query(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
    case 0: check_page(check_connections(server::read_connection_query, query)); break;
    case 1: (void)check_connections(server::read_top_query, query); break;
    case 2: check_close(query); break;
    case 3: check_events(query); break;
    default: check_explain(query); break;
    }
    return 0;
}
