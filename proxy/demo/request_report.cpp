#include "proxy/demo/request_report.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace fairlead::demo {

namespace json = boost::json;

namespace {

// Field values may hold any byte from 0x80 (RFC 9110 5.5), JSON only UTF-8 (RFC 8259 8.1).
std::string ascii(std::string_view bytes)
{
    std::string text(bytes);
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; }, '?');
    return text;
}

} // namespace

std::string to_json(const request_report& report)
{
    json::object headers;
    for (const auto& [name, value] : report.fields) {
        json::value& member = headers[name];
        if (member.is_string())
            member.get_string() += ", " + ascii(value);
        else
            member = ascii(value);
    }
    json::object object;
    object["backend"] = report.backend;
    object["peer"] = report.peer;
    object["method"] = report.method;
    object["target"] = ascii(report.target);
    object["headers"] = std::move(headers);
    return json::serialize(object) + "\n";
}

std::string to_event(std::string_view backend, std::size_t people, std::uint64_t messages)
{
    json::object object;
    object["backend"] = backend;
    object["people"] = people;
    object["messages"] = messages;
    return "data: " + json::serialize(object) + "\n\n";
}

} // namespace fairlead::demo
