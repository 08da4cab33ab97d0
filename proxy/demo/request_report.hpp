// What a demo backend tells about a request: the JSON of /whoami and one event of /events. Without I/O.
// Fields are told in the order they came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::demo {

struct request_report
{
    std::string_view backend;
    std::string_view peer; // "127.0.0.1:PORT" of whoever dialled this backend: the proxy, or a curious person
    std::string_view method;
    std::string_view target;
    std::vector<std::pair<std::string_view, std::string_view>> fields;
};

// {"backend", "peer", "method", "target", "headers": {name: value}}; a repeated field has its values joined.
std::string to_json(const request_report& report);

// One server-sent event with the count of people and of messages so far.
std::string to_event(std::string_view backend, std::size_t people, std::uint64_t messages);

} // namespace fairlead::demo
