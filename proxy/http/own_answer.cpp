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

struct answer_parts
{
    unsigned status = 0;
    std::string location;
    std::string_view type;
    std::string body;
};

answer_parts parts_of(const conf::edge_options& edge, const own_answer_request& asked)
{
    if (edge.respond) return {edge.respond->status, {}, edge.respond->type, edge.respond->body};
    const std::string status = std::to_string(edge.redirect_status);
    return {edge.redirect_status, location_for(edge.redirect, asked), "text/plain; charset=utf-8",
            status + " " + std::string(reason_phrase(edge.redirect_status)) + "\n"};
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

bool lacks_host(const conf::edge_options& edge, std::string_view host)
{
    return !edge.respond && host.empty() && edge.redirect.find("{host}") != std::string::npos;
}

unsigned append_own_answer(std::string& out, const conf::edge_options& edge, const own_answer_request& asked)
{
    const bool is_head = asked.facts.method == method_kind::head;
    const std::string_view hsts =
        sets(edge, "Strict-Transport-Security") ? std::string_view() : asked.hsts_line;
    const answer_parts parts = parts_of(edge, asked);
    const bool may_have_body = parts.status != 204 && parts.status != 304;
    out.append("HTTP/1.1 ").append(std::to_string(parts.status)).append(" ");
    out.append(reason_phrase(parts.status)).append("\r\n");
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty() && !sets(edge, name)) out.append(name).append(": ").append(value).append("\r\n");
    };
    add("Location", parts.location);
    if (!parts.body.empty()) add("Content-Type", parts.type);
    // One that was wrong would stay in browsers that nobody can reach.
    if (!edge.respond) add("Cache-Control", "no-store");
    if (may_have_body)
        out.append("Content-Length: ").append(std::to_string(parts.body.size())).append("\r\n");
    append_lines(out, edge.response_headers);
    out.append(asked.cors_lines);
    out.append(hsts);
    if (!sets(edge, "Date")) out.append(asked.date_line);
    out.append(asked.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!is_head) out.append(parts.body);
    return parts.status;
}

} // namespace fairlead::http
