#include "proxy/admin/connection.hpp"

#include "proxy/http/error_response.hpp"
#include "proxy/net/address.hpp"
#include "tls/handshake_facts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include <sys/socket.h>

namespace fairlead::admin {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;

constexpr std::size_t max_head_bytes = 16 * 1024;
constexpr std::size_t max_body_bytes = 4 * 1024;
constexpr std::size_t read_size = 4 * 1024;
constexpr std::chrono::seconds request_time{10};

// Who is at the other end, as the kernel knows it.
std::string describe_peer(int fd)
{
    const net::socket_address remote = net::peer_of(fd);
    if (const auto ip = net::ip_of(remote)) return conf::to_string(*ip);
    ucred process{};
    socklen_t size = sizeof process;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &size) != 0) return "unix";
    return "uid " + std::to_string(process.uid);
}

std::string_view text(boost::beast::string_view of) { return {of.data(), of.size()}; }

} // namespace

connection::connection(std::shared_ptr<connection_services> services, std::shared_ptr<entrance> through,
                       net::stream client)
    : services_(std::move(services))
    , entrance_(std::move(through))
    , client_(std::move(client))
    , limit_(services_->wheel)
    , peer_(describe_peer(client_.fd()))
    , buffer_(max_head_bytes + max_body_bytes)
{
    limit_.guard(&client_.lowest_layer());
    ++services_->connections;
    ++entrance_->connections;
}

connection::~connection()
{
    --services_->connections;
    --entrance_->connections;
}

net::task<> connection::serve(std::shared_ptr<connection> one)
{
    try {
        co_await one->run(one);
    } catch (const std::exception& failure) {
        // Out of memory, or what the page asked failed: this answer is lost, the next may do better.
        spdlog::error("admin: a request failed: {}", failure.what());
    }
    if (one->stream_) one->stream_->end();
    one->client_.close();
}

net::task<> connection::run(const std::shared_ptr<connection>& self)
{
    if (entrance_->tls && !co_await shake_hands()) co_return;
    for (bool goes_on = true; goes_on;) {
        parser_.emplace();
        parser_->eager(true);
        parser_->header_limit(max_head_bytes);
        parser_->body_limit(max_body_bytes);
        limit_.arm(request_time);
        if (!co_await read_request()) co_return;
        goes_on = co_await respond(self);
    }
}

net::task<bool> connection::shake_hands()
{
    limit_.arm(request_time);
    const auto context = entrance_->tls->context();
    auto handshake = tls::connection::accept(*context, client_.fd(), services_->tls_way);
    if (!handshake) co_return false;
    const net::error_code error = co_await client_.secure(handshake, services_->gate, &limit_);
    const tls::failure* const why = error ? handshake->failed_by() : nullptr;
    if (error) {
        note_refusal(metrics::admin_refusal::handshake, why != nullptr ? why->text : error.message());
        co_return false;
    }
    is_verified_ = tls::read_handshake(*client_.tls()->ssl()).peer != nullptr;
    co_return true;
}

net::task<bool> connection::read_request()
{
    while (!parse_what_is_there()) {
        const auto room = buffer_.prepare(std::min(read_size, buffer_.max_size() - buffer_.size()));
        const std::span<char> into(static_cast<char*>(room.data()), room.size());
        const net::read_result got = co_await client_.read_some(into);
        if (got.error) co_return false;
        buffer_.commit(got.count);
    }
    co_return true;
}

// True when there is a request, or never will be.
bool connection::parse_what_is_there()
{
    refusal_ = 0;
    while (!parser_->is_done() && buffer_.size() > 0) {
        net::error_code error;
        const std::size_t taken = parser_->put(buffer_.data(), error);
        buffer_.consume(taken);
        if (error == beast_http::error::need_more || (!error && taken == 0)) {
            const bool is_full = buffer_.size() == buffer_.max_size();
            refusal_ = is_full ? 431 : 0;
            return is_full;
        }
        if (!error) continue;
        const bool is_head = error == beast_http::error::header_limit;
        refusal_ = is_head ? 431 : error == beast_http::error::body_limit ? 413 : 400;
        return true;
    }
    return parser_->is_done();
}

page_request connection::request_at_hand() const
{
    const auto& from = parser_->get();
    return {.method = text(from.method_string()),
            .target = text(from.target()),
            .has_control_field = from["X-Fairlead-Control"] == "1",
            .has_origin = from.count(field::origin) > 0,
            .has_body = !from.body().empty(),
            .accept = text(from[field::accept]),
            .accept_encoding = text(from[field::accept_encoding]),
            .last_event_id = text(from["Last-Event-ID"])};
}

// Whether another request may follow.
net::task<bool> connection::respond(const std::shared_ptr<connection>& self)
{
    if (refusal_ != 0) {
        const page_answer refused = error_answer(refusal_, "this is not a request that can be answered");
        co_return co_await send(refused, false);
    }
    const bool keeps = parser_->get().keep_alive();
    page_request asked = request_at_hand();
    std::optional<page_table::found> found = services_->pages.find(path_of(asked.target));
    const auto refused = judge(found ? found->which : nullptr, asked);
    if (refused) co_return co_await send(*refused, keeps);
    asked.segments = std::move(found->segments);
    if (found->which->refuse) {
        const std::optional<page_answer> wrong = found->which->refuse(asked);
        if (wrong) co_return co_await send(*wrong, keeps);
    }
    const bool streams = found->which->stream && asked.method == "GET";
    if (streams && services_->streams.size() < max_streams) {
        co_await stream(*found->which, asked, self);
        co_return false;
    }
    const page_answer told = co_await answer(*found->which, asked);
    co_return co_await send(told, keeps);
}

// Who asks comes first: a stranger does not learn which pages there are.
std::optional<page_answer> connection::judge(const page* which, page_request& asked)
{
    const auto& from = parser_->get();
    judgement verdict = entrance_->access.judge({.method = asked.method,
                                                 .host = text(from[field::host]),
                                                 .authorization = text(from[field::authorization]),
                                                 .is_open_page = which != nullptr && which->is_open,
                                                 .is_verified = is_verified_});
    if (verdict.refusal) {
        note_refusal(verdict.reason, asked.method);
        return std::move(verdict.refusal);
    }
    asked.by = verdict.by.empty() ? peer_ : std::string(verdict.by) + " from " + peer_;
    if (which == nullptr) return error_answer(404, "there is no such page; / lists them");
    auto refused = refusal_of(*which, asked);
    if (refused && refused->status == 403) note_refusal(metrics::admin_refusal::cross_site, asked.method);
    if (!refused && !is_read(asked.method))
        spdlog::info("admin: {} {} by {}", asked.method, which->path, asked.by);
    return refused;
}

void connection::note_refusal(metrics::admin_refusal reason, std::string_view what)
{
    services_->cells->refusals[reason].add();
    const auto left_out = services_->refusal_reports.next(std::chrono::steady_clock::now());
    if (!left_out) return;
    spdlog::warn("admin: refused {} at {}: {} ({}); {} more since the last such line", peer_,
                 entrance_->address, metrics::label(reason), what, *left_out);
}

net::task<page_answer> connection::answer(const page& which, const page_request& asked)
{
    if (which.answer) co_return which.answer(asked);
    if (which.answer_later) co_return co_await which.answer_later(asked);
    note_refusal(metrics::admin_refusal::busy, asked.method);
    page_answer full = error_answer(503, "there are as many streams as may be");
    full.header_lines = "Retry-After: 5\r\n";
    co_return full;
}

std::string connection::head_lines()
{
    return std::string(services_->date.at(std::chrono::system_clock::now())) +
           "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
}

net::task<bool> connection::send(const page_answer& answer, bool keeps)
{
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " +
                       std::string(http::reason_phrase(answer.status)) + "\r\n" + head_lines() +
                       "Content-Type: " + std::string(answer.type) +
                       "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
    if (!answer.allow.empty()) head += "Allow: " + std::string(answer.allow) + "\r\n";
    head += answer.header_lines;
    head += keeps ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    const bool is_head = refusal_ == 0 && parser_->get().method() == beast_http::verb::head;
    const net::stream::pieces pieces{head, is_head ? std::string_view() : std::string_view(answer.body)};
    const net::error_code error = co_await client_.write(pieces);
    co_return keeps && !error && !limit_.expired();
}

net::task<> connection::stream(const page& which, const page_request& asked,
                               const std::shared_ptr<connection>& self)
{
    limit_.disarm();
    page_stream& to = stream_.emplace(client_, limit_, head_lines(), parser_->get().version() >= 11);
    services_->streams.insert(&to);
    net::asio::co_spawn(client_.lowest_layer().get_executor(), watch(self), net::asio::detached);
    try {
        co_await which.stream(asked, to);
    } catch (const std::exception& failure) {
        spdlog::error("admin: a stream of {} failed: {}", which.path, failure.what());
        to.end();
    }
    services_->streams.erase(&to);
    co_await to.write_end();
}

// A client that leaves is heard of by reading; what it says is not listened to.
net::task<> connection::watch(std::shared_ptr<connection> one)
{
    std::array<char, 1024> ignored;
    const std::span<char> into(ignored);
    for (;;) {
        const net::read_result got = co_await one->client_.read_some(into);
        if (got.error) break;
    }
    one->stream_->end();
}

} // namespace fairlead::admin
