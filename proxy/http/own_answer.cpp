#include "proxy/http/own_answer.hpp"

#include "proxy/http/error_response.hpp"
#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <span>

namespace fairlead::http {
namespace {

void append_named(std::string& out, std::string_view name, const own_answer_request& asked)
{
    const request_facts& facts = asked.facts;
    if (name == "scheme") out.append(asked.scheme);
    if (name == "host") out.append(asked.host);
    if (name == "path" || name == "uri") out.append(facts.is_asterisk ? std::string_view("/") : facts.path);
    if (name == "query") out.append(facts.query);
    if (name == "uri" && facts.has_query) out.append("?").append(facts.query);
}

void append_lines(std::string& out, std::span<const conf::header_value> fields)
{
    for (const auto& each : fields) {
        if (!each.value.empty()) out.append(each.name).append(": ").append(each.value).append("\r\n");
    }
}

bool sets(const conf::edge_options& edge, std::string_view name)
{
    return std::ranges::any_of(edge.response_headers,
                               [&](const auto& each) { return equal_ignoring_case(each.name, name); });
}

} // namespace

std::string location_for(std::string_view template_text, const own_answer_request& asked)
{
    std::string out;
    while (!template_text.empty()) {
        const auto open = template_text.find('{');
        out.append(template_text.substr(0, open));
        if (open == template_text.npos) break;
        const auto close = template_text.find('}', open);
        append_named(out, template_text.substr(open + 1, close - open - 1), asked);
        template_text.remove_prefix(close + 1);
    }
    return out;
}

unsigned append_own_answer(std::string& out, const conf::edge_options& edge, const own_answer_request& asked)
{
    const bool is_head = asked.facts.method == method_kind::head;
    const std::string_view hsts =
        sets(edge, "Strict-Transport-Security") ? std::string_view() : asked.hsts_line;
    if (!edge.respond) {
        std::string lines = "Location: " + location_for(edge.redirect, asked) + "\r\n";
        append_lines(lines, edge.response_headers);
        append_error_response(out, edge.redirect_status, {}, {asked.keep_alive, is_head, lines, hsts});
        return edge.redirect_status;
    }
    const conf::respond_options& respond = *edge.respond;
    const bool may_have_body = respond.status != 204 && respond.status != 304;
    out.append("HTTP/1.1 ").append(std::to_string(respond.status)).append(" ");
    out.append(reason_phrase(respond.status)).append("\r\n");
    if (!respond.body.empty() && !sets(edge, "Content-Type"))
        out.append("Content-Type: ").append(respond.type).append("\r\n");
    if (may_have_body)
        out.append("Content-Length: ").append(std::to_string(respond.body.size())).append("\r\n");
    append_lines(out, edge.response_headers);
    out.append(hsts);
    out.append(asked.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!is_head) out.append(respond.body);
    return respond.status;
}

} // namespace fairlead::http
