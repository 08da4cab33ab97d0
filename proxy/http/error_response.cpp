#include "proxy/http/error_response.hpp"

#include "proxy/http/error_page.hpp"

#include <array>

namespace fairlead::http {

namespace {

std::string_view phrase_of_success(unsigned status)
{
    switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    default: return {};
    }
}

std::string_view phrase_of_error(unsigned status)
{
    switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return {};
    }
}

std::string_view phrase_of_class(unsigned status)
{
    switch (status / 100) {
    case 1: return "Informational";
    case 2: return "Success";
    case 3: return "Redirection";
    case 4: return "Client Error";
    case 5: return "Server Error";
    default: return "Unknown";
    }
}

} // namespace

std::string_view reason_phrase(unsigned status)
{
    const auto phrase = status < 400 ? phrase_of_success(status) : phrase_of_error(status);
    return phrase.empty() ? phrase_of_class(status) : phrase;
}

void append_error_response(std::string& out, unsigned status, std::string_view reason,
                           const error_options& options)
{
    const auto number = std::to_string(status);
    const auto phrase = reason_phrase(status);
    const std::string page = options.page != nullptr ? render(*options.page, status, options.request_id) : "";
    const auto line_size = number.size() + 1 + phrase.size() + (reason.empty() ? 0 : 2 + reason.size()) + 1;

    out.append("HTTP/1.1 ").append(number).append(" ").append(phrase).append("\r\nContent-Type: ");
    out.append(media_type(options.page != nullptr ? options.page->kind : conf::page_kind::text));
    out.append("\r\nCache-Control: no-store\r\nContent-Length: ");
    out.append(std::to_string(options.page != nullptr ? page.size() : line_size)).append("\r\n");
    // Said even where it is the default: an HTTP/1.0 client needs to hear it.
    out.append(options.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    out.append(options.header_lines).append(options.cors_lines);
    out.append(options.hsts_line).append(options.date_line).append("\r\n");
    if (options.head_only) return;
    if (options.page != nullptr) {
        out.append(page);
        return;
    }
    out.append(number).append(" ").append(phrase);
    if (!reason.empty()) out.append(": ").append(reason);
    out.append("\n");
}

std::string_view retry_soon_line(char random) noexcept
{
    constexpr std::array<std::string_view, 4> lines{"Retry-After: 1\r\n", "Retry-After: 2\r\n",
                                                    "Retry-After: 3\r\n", "Retry-After: 4\r\n"};
    return lines[static_cast<unsigned char>(random) % lines.size()];
}

void append_options_answer(std::string& out, const error_options& options)
{
    out.append(
        "HTTP/1.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\nContent-Length: 0\r\n");
    out.append(options.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    out.append(options.header_lines).append(options.cors_lines);
    out.append(options.hsts_line).append(options.date_line).append("\r\n");
}

std::string error_response(unsigned status, std::string_view reason, const error_options& options)
{
    std::string out;
    append_error_response(out, status, reason, options);
    return out;
}

std::string error_response(const refusal& why, bool head_only)
{
    return error_response(why.status, why.reason, {.head_only = head_only, .header_lines = why.header_lines});
}

} // namespace fairlead::http
