// Asks a service whether a request may pass, before anything is done for it (as nginx's auth_request does).
//
// A GET goes to the service with the request's headers and without its body. 2xx: it passes, with the
// headers of that answer that the route copies. 401, 403 and redirects: the client gets them. All else:
// nobody passes. Completes when: the service answered, could not be reached, or did not answer in time, or
// the client left. Thread: the worker's. Lifetime: within its session's frame.
#pragma once

#include "metrics/labels.hpp"
#include "proxy/http/client_watch.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/request.hpp"
#include "proxy/http/response_rules.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/net/deadline.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::http {

struct auth_verdict
{
    bool passes = false;
    bool client_left = false;                    // nobody is there to be answered
    std::vector<conf::header_value> fields = {}; // to be set on the request; an empty value removes

    unsigned status = 502; // for the client, when it does not pass
    metrics::refusal why = metrics::refusal::auth_failed;
    std::string_view reason = "who may pass could not be asked"; // static text
    std::string header_lines = {};
};

class auth_check final : private client_watch::owner
{
public:
    auth_check(session_services& services, net::stream& client, request& asked);
    auth_check(const auth_check&) = delete;
    auth_check& operator=(const auth_check&) = delete;

    net::task<auth_verdict> run();
    void abort() noexcept; // the worker ends: wakes every wait

private:
    enum class outcome : std::uint8_t
    {
        answered,
        stale, // a kept connection that the service had ended
        failed,
        overdue
    };

    void client_left() noexcept override;
    std::vector<conf::header_value> own_fields() const;
    void write_question();
    net::task<outcome> ask(bool may_reuse);
    net::task<outcome> read_head();
    void keep_connection();
    auth_verdict judge() const;

    session_services& services_;
    request& asked_;
    pool_view& pool_;
    const conf::auth_request_options& options_;
    net::deadline limit_;
    upstream::connect_request connecting_;
    upstream::connect_outcome connected_;
    std::string question_;
    head answer_;
    response_facts facts_;
    std::size_t head_bytes_ = 0;
    client_watch watch_;
    bool client_left_ = false;
};

} // namespace fairlead::http
