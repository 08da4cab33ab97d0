#include "proxy/http/response_rules.hpp"

#include "proxy/http/field_syntax.hpp"

#include <optional>

namespace fairlead::http {

namespace {

std::optional<response_fault> read_declared_framing(const head& response, body_framing& out)
{
    const auto lengths = response.count(field_id::content_length);
    const auto codings = response.count(field_id::transfer_encoding);
    if (lengths > 0 && codings > 0) return response_fault::length_and_transfer_encoding;
    if (lengths > 1) return response_fault::bad_content_length;
    out.kind = framing_kind::until_close;
    if (codings > 0) {
        const bool is_chunked = equal_ignoring_case(*response.find(field_id::transfer_encoding), "chunked");
        if (codings > 1 || !is_chunked || response.version_minor() == 0)
            return response_fault::bad_transfer_encoding;
        out.kind = framing_kind::chunked;
    }
    if (lengths > 0) {
        const auto length = parse_content_length(*response.find(field_id::content_length));
        if (!length) return response_fault::bad_content_length;
        out = {framing_kind::length, *length};
    }
    return std::nullopt;
}

} // namespace

std::string_view reason_of(response_fault fault)
{
    switch (fault) {
    case response_fault::bad_status: return "status outside 100 to 599";
    case response_fault::bad_transfer_encoding: return "Transfer-Encoding other than one chunked";
    case response_fault::bad_content_length: return "malformed or repeated Content-Length";
    case response_fault::length_and_transfer_encoding: return "Content-Length beside Transfer-Encoding";
    case response_fault::bad_connection: return "Connection is malformed or names an end-to-end field";
    case response_fault::unasked_upgrade: return "101 that nobody asked for";
    case response_fault::body_on_interim: return "a 1xx response that claims a body";
    }
    return "malformed response";
}

response_verdict check_response(const head& response, const asked_for& asked)
{
    response_facts facts;
    facts.status = response.status();
    facts.version_minor = response.version_minor();
    if (facts.status < 100 || facts.status > 599) return response_fault::bad_status;
    if (const auto fault = read_declared_framing(response, facts.declared)) return *fault;
    const auto options = connection_options::read(response);
    if (!options) return response_fault::bad_connection;
    facts.connection = *options;

    facts.is_switching = facts.status == 101;
    facts.is_interim = facts.status < 200 && !facts.is_switching;
    if (facts.is_switching && !asked.upgrade) return response_fault::unasked_upgrade;

    facts.keep_alive = !options->close && (facts.version_minor > 0 || options->keep_alive);
    const bool claims_body = facts.declared.kind != framing_kind::until_close && facts.declared.has_body();
    if (facts.status < 200 && claims_body) return response_fault::body_on_interim;
    if (facts.status < 200 || facts.status == 204) {
        if (claims_body) facts.keep_alive = false;
    } else if (asked.method != method_kind::head && facts.status != 304) {
        facts.framing = facts.declared;
        if (facts.framing.kind == framing_kind::until_close) facts.keep_alive = false;
    }
    return facts;
}

} // namespace fairlead::http
