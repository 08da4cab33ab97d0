// One connection to an admin listener: shakes hands where there is TLS, reads a request, judges who asks, has
// the page answer, and so on until either side ends it.
//
// It is a control plane: Beast's own parser, a head of at most 16 KiB and a body of at most 4 KiB, 10 s from
// the beginning of a request to the end of its response. A page that streams is without that limit; it has
// one for each write instead. Errors: a request that is none gets 400 and the end. Thread: the main thread's.
// Lifetime: its own coroutine's.
#pragma once

#include "proxy/admin/connection_services.hpp"
#include "proxy/admin/entrance.hpp"
#include "proxy/admin/page_stream.hpp"
#include "proxy/net/stream.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <memory>
#include <optional>
#include <string>

namespace fairlead::admin {

class connection
{
public:
    connection(std::shared_ptr<connection_services> services, std::shared_ptr<entrance> through,
               net::stream client);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    // Its whole life; spawn it detached.
    static net::task<> serve(std::shared_ptr<connection> one);

private:
    using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    net::task<> run(const std::shared_ptr<connection>& self);
    net::task<bool> shake_hands();
    net::task<bool> read_request();
    bool parse_what_is_there();
    page_request request_at_hand() const;
    std::optional<page_answer> judge(const page* which, page_request& asked);
    void note_refusal(metrics::admin_refusal reason, std::string_view what);
    net::task<bool> respond(const std::shared_ptr<connection>& self);
    net::task<page_answer> answer(const page& which, const page_request& asked);
    net::task<bool> send(const page_answer& answer, bool keeps);
    net::task<> stream(const page& which, const page_request& asked, const std::shared_ptr<connection>& self);
    static net::task<> watch(std::shared_ptr<connection> one);
    std::string head_lines();

    std::shared_ptr<connection_services> services_;
    std::shared_ptr<entrance> entrance_;
    net::stream client_;
    net::deadline limit_;
    std::string peer_;         // "uid 0", "10.0.0.1"
    bool is_verified_ = false; // by a certificate
    boost::beast::flat_buffer buffer_;
    std::optional<parser> parser_;
    unsigned refusal_ = 0; // the status for what is no request; 0: it is one
    std::optional<page_stream> stream_;
};

} // namespace fairlead::admin
