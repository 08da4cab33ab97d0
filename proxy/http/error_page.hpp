// The page that a client sees in place of an error answer: which one it is, and its bytes.
//
// A route's own pages come before those of all routes, and among each a page for the one status before that
// of its class and that before the one for all. In a page {status}, {reason} and {request_id} stand for the
// number, its name (RFC 9110 15) and the id that the log has too, escaped as the page's kind wants it;
// nothing else of a request is ever shown, and any other brace is the page's own. Pure. Thread: any.
#pragma once

#include "conf/error_page_options.hpp"

#include <string>
#include <string_view>

namespace fairlead::http {

// `of_route` may be null: there is none yet. Null: no page, the answer is plain.
const conf::error_page* find_page(unsigned status, const conf::error_page_options* of_route,
                                  const conf::error_page_options& of_all);

// Whether a backend's answer with that status is to be replaced, where there is a page for it. What a route
// says of this takes the place of what is said for all.
bool is_intercepted(unsigned status, const conf::error_page_options& of_route,
                    const conf::error_page_options& of_all);

std::string_view media_type(conf::page_kind kind);

std::string render(const conf::error_page& page, unsigned status, std::string_view request_id);

} // namespace fairlead::http
