// What the admin listeners serve: a page is a path, the methods it knows, and what answers.
//
// To add one, put a row into the list that makes the pages of the process (server/admin_pages.cpp):
//   answer        at once, from what is at hand
//   answer_later  a coroutine that waits for something, at most 10 s with the request's own time
//   stream        takes the connection over after GET: see page_stream.hpp; so many at once, then 503
// Exactly one of them is set. `refuse`, by option, is asked before a stream begins: what it gives is the
// answer instead. Who may ask is judged before a page hears of a request: GET and HEAD read,
// every other method changes something. Thread: the main thread's.
#pragma once

#include "proxy/net/socket.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::admin {

class page_stream;

// Views into the connection's buffer: good until the page has answered.
struct page_request
{
    std::string_view method;
    std::string_view target; // path and query
    bool has_control_field = false;
    bool has_origin = false;
    bool has_body = false;
    std::string_view accept = {};
    std::string_view accept_encoding = {};
    std::string_view last_event_id = {};
    std::string by = {};                    // who asks: "uid 0", "token from 10.0.0.1"
    std::vector<std::string> segments = {}; // what stands for each '*' of the page's path, decoded
};

struct page_answer
{
    unsigned status = 200;
    std::string body;
    std::string_view type = "application/json";
    std::string_view allow = {};   // the methods, where it was none of them
    std::string header_lines = {}; // further ones, each with its CRLF
};

struct page
{
    std::string path; // "/drain"; a '*' is any one segment: "/connections/*"
    std::string_view methods = "GET, HEAD";
    bool is_open = false; // everybody may read it, who shows nothing too
    std::function<page_answer(const page_request&)> answer = {};
    std::function<net::task<page_answer>(const page_request&)> answer_later = {};
    std::function<std::optional<page_answer>(const page_request&)> refuse = {};
    std::function<net::task<>(const page_request&, page_stream&)> stream = {};
};

inline bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string_view path_of(std::string_view target);
std::string_view query_of(std::string_view target); // behind the '?'

// {"error": why}; of the reason what is not ASCII becomes '?', for it may repeat what was asked.
page_answer error_answer(unsigned status, std::string_view why);

} // namespace fairlead::admin
