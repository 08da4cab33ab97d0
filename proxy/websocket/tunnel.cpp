#include "proxy/websocket/tunnel.hpp"

#include "proxy/websocket/relay.hpp"

#include <algorithm>
#include <cstring>

namespace fairlead::websocket {
namespace {

constexpr std::size_t max_text_bytes = 1024;
constexpr std::size_t lengths_at = sizeof(timeline);
constexpr std::size_t texts_at = lengths_at + tunnel_texts::part_count * sizeof(std::uint16_t);

} // namespace

tunnel_texts::tunnel_texts(const parts& values, const timeline& times)
{
    std::size_t size = texts_at;
    for (const auto value : values)
        size += std::min(value.size(), max_text_bytes);
    block_ = std::make_unique_for_overwrite<char[]>(size);
    set_times(times);
    char* at = block_.get() + texts_at;
    for (std::size_t i = 0; i < part_count; ++i) {
        const auto length = static_cast<std::uint16_t>(std::min(values[i].size(), max_text_bytes));
        std::memcpy(block_.get() + lengths_at + i * sizeof length, &length, sizeof length);
        at = std::copy_n(values[i].data(), length, at);
    }
}

std::string_view tunnel_texts::operator[](part which) const noexcept
{
    std::size_t at = texts_at;
    std::uint16_t length = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(which); ++i) {
        at += length;
        std::memcpy(&length, block_.get() + lengths_at + i * sizeof length, sizeof length);
    }
    return {block_.get() + at, length};
}

timeline tunnel_texts::times() const noexcept
{
    timeline out;
    std::memcpy(&out, block_.get(), sizeof out);
    return out;
}

void tunnel_texts::set_times(const timeline& times) noexcept
{
    std::memcpy(block_.get(), &times, sizeof times);
}

tunnel::tunnel(tunnel_texts log_texts, tick_count now) noexcept
    : wheel_entry(&relay::on_deadline)
    , texts(std::move(log_texts))
    , alive(now)
{}

leg::ending tunnel::ending_of(side which) const noexcept
{
    const leg& sink = of(which);
    const leg& from = of(other(which));
    const bool has_close = from.from.saw_close() || sink.close == leg::closing::sent;
    const bool is_whole = has_close || (from.has_ended && !from.was_cut);
    return is_whole && !is_torn && !sink.waiting ? leg::ending::in_order : leg::ending::cut;
}

end_phase tunnel::phase() const noexcept
{
    const bool client_closed = client.from.saw_close();
    const bool backend_closed = backend.from.saw_close();
    if (client_closed && backend_closed) return end_phase::closed;
    return client_closed || backend_closed || sent_own_close() ? end_phase::closing : end_phase::open;
}

} // namespace fairlead::websocket
