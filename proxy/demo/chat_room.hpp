// Who is in the demo's chat, and what is said there: the room that both backends share, without I/O.
//
// A member takes its seat for as long as it lives; what anybody says is written once and handed to all as
// one shared string. Thread: the demo's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::demo {

using shared_text = std::shared_ptr<const std::string>;

class chat_member
{
public:
    // Queues or drops; must neither take nor leave a seat.
    virtual void deliver(shared_text text) = 0;

protected:
    ~chat_member() = default;
};

// Where a member's connection came in.
struct chat_entrance
{
    std::string backend;
    std::string via; // the handshake's Via field as it arrived, empty when nobody stood between
};

struct chat_line
{
    std::string from;
    std::string text;
};

// {"from", "text"} when `message` is such an object, else all of it as the text of a guest. Names longer than
// 64 bytes are a guest's too.
chat_line read_chat_line(std::string_view message);

class chat_room
{
public:
    // Registration: linked in by the constructor, out by the destructor.
    class seat
    {
    public:
        seat(chat_room& room, chat_member& member);
        ~seat();
        seat(const seat&) = delete;
        seat& operator=(const seat&) = delete;

    private:
        chat_room& room_;
        chat_member& member_;
    };

    void say(const chat_line& line, const chat_entrance& entrance);
    std::string welcome(const chat_entrance& entrance) const;

    std::size_t people() const noexcept { return members_.size(); }
    std::uint64_t messages() const noexcept { return messages_; }

private:
    std::vector<chat_member*> members_;
    std::uint64_t messages_ = 0;
};

} // namespace fairlead::demo
