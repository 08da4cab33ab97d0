#include "proxy/http/http_rules.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/http/request_target.hpp"

#include <algorithm>
#include <limits>

namespace fairlead::http {

namespace {

using check = std::optional<refusal>; // nothing: passed

refusal bad(refusal_kind kind, std::string_view reason) { return {kind, 400, reason}; }

method_kind kind_of(std::string_view method)
{
    if (method == "GET") return method_kind::get;
    if (method == "POST") return method_kind::post;
    if (method == "HEAD") return method_kind::head;
    if (method == "PUT") return method_kind::put;
    if (method == "DELETE") return method_kind::delete_;
    if (method == "OPTIONS") return method_kind::options;
    if (method == "PATCH") return method_kind::patch;
    return method_kind::other; // methods are case-sensitive: "get" is another one (RFC 9110 9.1)
}

check read_method(const head& request, request_facts& facts)
{
    facts.method_text = request.method();
    facts.method = kind_of(facts.method_text);
    if (facts.method_text == "CONNECT") {
        return refusal{refusal_kind::unsupported_method, 501, "CONNECT is not implemented"};
    }
    if (facts.method_text == "TRACE") {
        return refusal{refusal_kind::unsupported_method, 405, "TRACE is not allowed",
                       "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n"};
    }
    return {};
}

// A field that means one thing only means nothing when it comes twice.
check refuse_repeated(const head& request)
{
    for (const auto id : {field_id::expect, field_id::upgrade, field_id::sec_websocket_key,
                          field_id::sec_websocket_version, field_id::http2_settings})
    {
        if (request.count(id) > 1)
            return bad(refusal_kind::repeated_field, "a header field that stands alone is repeated");
    }
    return {};
}

std::string_view without_port(std::string_view authority, std::string_view port)
{
    return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

// The default port may be spelt out in one and not in the other (RFC 9110 4.2.3).
bool is_same_authority(const request_target& target, std::string_view host)
{
    const std::string_view port = target.is_https ? ":443" : ":80";
    return equal_ignoring_case(without_port(target.authority, port), without_port(host, port));
}

check read_authority(const head& request, const request_target& target, request_facts& facts)
{
    const auto hosts = request.count(field_id::host);
    if (hosts > 1) return bad(refusal_kind::bad_host, "more than one Host");
    if (hosts == 0) {
        if (request.version_minor() > 0) return bad(refusal_kind::bad_host, "no Host");
        if (target.form != target_form::absolute) return {};
        facts.authority = target.authority;
    } else {
        facts.authority = *request.find(field_id::host);
        if (target.form == target_form::absolute) {
            if (!is_same_authority(target, facts.authority))
                return bad(refusal_kind::bad_host, "Host differs from the request target");
            facts.authority = target.authority; // which is what goes on (RFC 9112 3.2.2)
        }
    }
    const auto host = read_host(facts.authority);
    if (!host) return bad(refusal_kind::bad_host, "malformed Host");
    facts.host = *host;
    return {};
}

check read_target_and_host(const head& request, request_facts& facts)
{
    const auto target = read_target(request.target(), facts.method == method_kind::options);
    if (!target) return bad(refusal_kind::bad_target, "malformed request target");
    facts.path = target->path;
    facts.query = target->query;
    facts.has_query = target->has_query;
    facts.is_asterisk = target->path == "*";
    facts.is_https_target = target->is_https;
    if (!is_unambiguous_path(facts.path)) {
        return bad(refusal_kind::bad_path, "dot segments or ambiguous encoding in the path");
    }
    return read_authority(request, *target, facts);
}

// Anything but the lone token `chunked` (RFC 9112 6.1, 6.3 item 4).
refusal refuse_coding(std::string_view value)
{
    list_elements codings(value);
    std::string_view last;
    std::size_t chunked_count = 0;
    while (const auto coding = codings.next()) {
        if (!is_token(*coding))
            return bad(refusal_kind::bad_transfer_encoding, "malformed Transfer-Encoding");
        last = *coding;
        chunked_count += equal_ignoring_case(last, "chunked");
    }
    if (codings.malformed() || chunked_count != 1 || !equal_ignoring_case(last, "chunked")) {
        return bad(refusal_kind::bad_transfer_encoding, "Transfer-Encoding does not end in one chunked");
    }
    if (equal_ignoring_case(without_outer_space(value.substr(0, value.find(','))), "chunked")) {
        return bad(refusal_kind::bad_transfer_encoding, "malformed Transfer-Encoding"); // "chunked,"
    }
    return {refusal_kind::unknown_transfer_coding, 501, "unknown transfer coding"};
}

check read_framing(const head& request, request_facts& facts)
{
    const auto lengths = request.count(field_id::content_length);
    const auto codings = request.count(field_id::transfer_encoding);
    if (lengths > 0 && codings > 0) {
        return bad(refusal_kind::length_and_transfer_encoding, "Content-Length beside Transfer-Encoding");
    }
    if (codings > 1) return bad(refusal_kind::bad_transfer_encoding, "more than one Transfer-Encoding");
    if (lengths > 1) return bad(refusal_kind::bad_content_length, "more than one Content-Length");
    if (codings == 1) {
        if (request.version_minor() == 0) {
            return bad(refusal_kind::bad_transfer_encoding, "Transfer-Encoding in HTTP/1.0");
        }
        const auto value = *request.find(field_id::transfer_encoding);
        if (!equal_ignoring_case(value, "chunked")) return refuse_coding(value);
        facts.framing.kind = framing_kind::chunked;
    }
    if (lengths == 1) {
        const auto length = parse_content_length(*request.find(field_id::content_length));
        if (!length) return bad(refusal_kind::bad_content_length, "malformed Content-Length");
        facts.framing = {framing_kind::length, *length};
    }
    return {};
}

check read_expectation(const head& request, request_facts& facts)
{
    const auto value = request.find(field_id::expect);
    if (!value || request.version_minor() == 0) return {}; // HTTP/1.0: ignored (RFC 9110 10.1.1)
    if (!equal_ignoring_case(*value, "100-continue")) {
        return refusal{refusal_kind::bad_expectation, 417, "unknown expectation"};
    }
    facts.expects_continue = facts.framing.has_body();
    return {};
}

check read_max_forwards(const head& request, request_facts& facts)
{
    if (facts.method != method_kind::options || request.count(field_id::max_forwards) == 0) return {};
    if (request.count(field_id::max_forwards) == 1)
        facts.max_forwards = parse_content_length(*request.find(field_id::max_forwards)); // the same digits
    if (!facts.max_forwards) return bad(refusal_kind::bad_max_forwards, "malformed Max-Forwards");
    return {};
}

check read_upgrade(const head& request, request_facts& facts)
{
    const auto value = request.find(field_id::upgrade);
    if (!value || !facts.connection.upgrade || request.version_minor() == 0) return {};
    list_elements protocols(*value);
    std::size_t count = 0;
    while (const auto protocol = protocols.next()) { // protocol-name ["/" protocol-version], RFC 9110 7.8
        const auto slash = protocol->find('/');
        const bool has_version = slash != std::string_view::npos;
        if (!is_token(protocol->substr(0, slash)) || (has_version && !is_token(protocol->substr(slash + 1))))
        {
            return bad(refusal_kind::bad_upgrade, "malformed Upgrade");
        }
        facts.is_websocket = facts.is_websocket || equal_ignoring_case(*protocol, "websocket");
        ++count;
    }
    if (count == 0) return bad(refusal_kind::bad_upgrade, "malformed Upgrade");
    if (facts.framing.has_body()) {
        if (facts.is_websocket) return bad(refusal_kind::body_on_upgrade, "a body on an upgrade request");
        return {}; // ignored, as RFC 9110 7.8 allows
    }
    facts.is_upgrade = true;
    facts.upgrade = *value;
    return {};
}

check read_persistence(const head& request, request_facts& facts)
{
    const auto options = connection_options::read(request);
    if (!options)
        return bad(refusal_kind::bad_connection, "Connection is malformed or names an end-to-end field");
    facts.connection = *options;
    facts.version_minor = request.version_minor();
    facts.keep_alive = !options->close && (facts.version_minor > 0 || options->keep_alive);
    return {};
}

} // namespace

std::optional<std::uint64_t> parse_content_length(std::string_view value)
{
    constexpr std::size_t max_digits =
        19; // of 2^63 - 1; a longer row of leading zeros is nobody's honest length
    if (value.empty() || value.size() > max_digits) return std::nullopt;
    std::uint64_t length = 0; // 19 digits cannot overflow it
    for (const char c : value) {
        if (c < '0' || c > '9') return std::nullopt;
        length = length * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return length;
}

request_verdict check_request(const head& request)
{
    request_facts facts;
    if (const auto refused = read_method(request, facts)) return *refused;
    if (const auto refused = refuse_repeated(request)) return *refused;
    if (const auto refused = read_framing(request, facts)) return *refused;
    if (const auto refused = read_persistence(request, facts)) return *refused;
    if (const auto refused = read_target_and_host(request, facts)) return *refused;
    if (const auto refused = read_expectation(request, facts)) return *refused;
    if (const auto refused = read_max_forwards(request, facts)) return *refused;
    if (const auto refused = read_upgrade(request, facts)) return *refused;
    return facts;
}

void lower_case_host(const request_facts& facts, std::string& out)
{
    out.assign(facts.host);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
}

} // namespace fairlead::http
