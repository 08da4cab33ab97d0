#include "proxy/server/metrics_page.hpp"

#include "proxy/http/content_coding.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/gzip_encoder.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace fairlead::server {
namespace {

using metrics::exposition_format;

constexpr unsigned level = 3;                   // 1.5 ms a MiB of this text, which becomes a fortieth
constexpr std::size_t steps_per_turn = 32;      // then others have theirs: some 0.8 ms
constexpr std::size_t worth_bytes = 4UL * 1024; // less is sent as it is

struct wish
{
    std::string_view type; // "text/plain"
    std::string_view version;
    unsigned weight = 1'000;
};

std::string_view without_quotes(std::string_view text)
{
    const bool is_quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// "text/plain; version=0.0.4; q=0.5"
std::optional<wish> read_wish(std::string_view element)
{
    const auto take = [&element] {
        const auto end = element.find(';');
        const std::string_view part = http::without_outer_space(element.substr(0, end));
        element = end == element.npos ? std::string_view{} : element.substr(end + 1);
        return part;
    };
    wish out{take(), {}};
    while (!element.empty()) {
        const std::string_view parameter = take();
        if (http::starts_with_ignoring_case(parameter, "version="))
            out.version = without_quotes(parameter.substr(8));
        if (!http::starts_with_ignoring_case(parameter, "q=")) continue;
        const auto weight = http::quality_weight(parameter.substr(2));
        if (!weight) return std::nullopt;
        out.weight = *weight;
    }
    return out;
}

// How much the type is meant by the wish: by its name most.
unsigned closeness(const wish& to, std::string_view type, std::string_view version)
{
    if (!to.version.empty() && to.version != version) return 0;
    if (http::equal_ignoring_case(to.type, type)) return to.version.empty() ? 3 : 4;
    const auto slash = type.find('/') + 1;
    const bool is_range = to.type.size() == slash + 1 && to.type.ends_with("/*") &&
                          http::equal_ignoring_case(to.type.substr(0, slash), type.substr(0, slash));
    return is_range ? 2 : to.type == "*/*" ? 1 : 0;
}

net::task<std::string> compressed(const std::string& text)
{
    constexpr net::asio::use_awaitable_t<net::executor> token{};
    const net::executor here = co_await net::asio::this_coro::executor;
    http::gzip_encoder encoder(level);
    std::string out;
    std::size_t steps = 0;
    for (std::size_t at = 0; at < text.size(); at += http::gzip_encoder::step_bytes) {
        const std::string_view piece = std::string_view(text).substr(at, http::gzip_encoder::step_bytes);
        const bool is_last = at + piece.size() == text.size();
        out += encoder.encode(piece,
                              is_last ? http::gzip_encoder::then::finish : http::gzip_encoder::then::more);
        if (++steps % steps_per_turn == 0) co_await net::asio::post(here, token);
    }
    co_return out;
}

} // namespace

exposition_format format_for(std::string_view accept)
{
    struct candidate
    {
        std::string_view type;
        std::string_view version;
        unsigned closest = 0;
        unsigned weight = 0;
    };
    std::array<candidate, 2> all{{{"application/openmetrics-text", "1.0.0"}, {"text/plain", "0.0.4"}}};
    http::list_elements elements(accept);
    while (const auto element = elements.next()) {
        const auto asked = read_wish(*element);
        if (!asked) continue;
        for (candidate& each : all) {
            const unsigned near = closeness(*asked, each.type, each.version);
            if (near == 0 || near < each.closest) continue;
            each.closest = near;
            each.weight = asked->weight;
        }
    }
    const auto& [open, text] = all;
    const bool is_named = open.closest >= 3;
    return is_named && open.weight > 0 && open.weight >= text.weight ? exposition_format::openmetrics
                                                                     : exposition_format::text;
}

net::task<admin::page_answer> answer_exposition(std::string text, exposition_format format,
                                                std::string_view accept_encoding)
{
    admin::page_answer out;
    out.type = content_type_of(format);
    out.header_lines = "Vary: Accept, Accept-Encoding\r\n";
    if (text.size() >= worth_bytes && http::wants_gzip(accept_encoding)) {
        text = co_await compressed(text);
        out.header_lines += "Content-Encoding: gzip\r\n";
    }
    out.body = std::move(text);
    co_return out;
}

net::task<admin::page_answer> answer_metrics(const metrics::registry& metrics,
                                             const admin::page_request& asked)
{
    const exposition_format format = format_for(asked.accept);
    std::string text = metrics.expose(format);
    co_return co_await answer_exposition(std::move(text), format, asked.accept_encoding);
}

} // namespace fairlead::server
