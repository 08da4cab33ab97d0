#include "proxy/demo/chat_room.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace fairlead::demo {

namespace json = boost::json;

namespace {

constexpr std::size_t max_name_bytes = 64;

std::string string_member(const json::object& object, std::string_view name)
{
    const json::value* found = object.if_contains(name);
    const json::string* text = found ? found->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

} // namespace

chat_line read_chat_line(std::string_view message)
{
    chat_line line{"guest", std::string(message)};
    boost::system::error_code error;
    const json::value value = json::parse(message, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (!object || !object->contains("text")) return line;

    line.text = string_member(*object, "text");
    std::string from = string_member(*object, "from");
    if (!from.empty() && from.size() <= max_name_bytes) line.from = std::move(from);
    return line;
}

chat_room::seat::seat(chat_room& room, chat_member& member)
    : room_(room)
    , member_(member)
{
    room_.members_.push_back(&member_);
}

chat_room::seat::~seat() { std::erase(room_.members_, &member_); }

void chat_room::say(const chat_line& line, const chat_entrance& entrance)
{
    ++messages_;
    json::object object;
    object["kind"] = "message";
    object["from"] = line.from;
    object["text"] = line.text;
    object["backend"] = entrance.backend;
    object["via"] = entrance.via;
    object["people"] = people();
    const auto text = std::make_shared<const std::string>(json::serialize(object));
    for (chat_member* member : members_)
        member->deliver(text);
}

std::string chat_room::welcome(const chat_entrance& entrance) const
{
    json::object object;
    object["kind"] = "welcome";
    object["backend"] = entrance.backend;
    object["via"] = entrance.via;
    object["people"] = people();
    return json::serialize(object);
}

} // namespace fairlead::demo
