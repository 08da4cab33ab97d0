// Who may ask what of one admin listener.
//
//   Unix socket   everything: its permissions say who can connect
//   TCP           /healthz and /readyz everybody; else what a token, a verified certificate, or the
//                 configuration's `anonymous` gives: to read, or to change things too
//
// A browser is made to ask by any page whose name somebody let resolve to 127.0.0.1 (DNS rebinding). It then
// says that name in Host: at loopback only loopback's names, IP literals and configured names are answered
// (421). Thread: one at a time. Source: RFC 6750, RFC 9110 11.6 and 15.5.20.
#pragma once

#include "conf/admin_options.hpp"
#include "metrics/admin_labels.hpp"
#include "proxy/admin/bearer_token.hpp"
#include "proxy/admin/page.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::admin {

// Of a request, what it says of who asks.
struct claim
{
    std::string_view method;
    std::string_view host = {};          // empty: it has none
    std::string_view authorization = {}; // empty: none
    bool is_open_page = false;           // that everybody may read
    bool is_verified = false;            // by a client certificate
};

struct judgement
{
    std::string_view by = {}; // "token", "read token", "certificate" or ""; who is let in
    std::optional<page_answer> refusal = {};
    metrics::admin_refusal reason = metrics::admin_refusal::host; // of the refusal
};

class access_policy
{
public:
    explicit access_policy(const conf::admin_options& options, bool is_unix_socket);

    judgement judge(const claim& by);

    std::vector<std::string> problems() const; // of token files, each with its path
    std::vector<std::string> warnings() const;

private:
    bool is_expected_host(std::string_view host) const;
    std::optional<judgement> judge_token(std::string_view authorization, conf::admin_right& right);

    bool is_open_; // a Unix socket
    bool checks_host_;
    bool is_read_only_;
    conf::admin_right anonymous_;
    std::vector<std::string> hosts_;
    std::optional<bearer_token> changing_;
    std::optional<bearer_token> reading_;
};

} // namespace fairlead::admin
