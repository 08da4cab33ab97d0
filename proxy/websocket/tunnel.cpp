#include "proxy/websocket/tunnel.hpp"

#include "proxy/websocket/relay.hpp"

#include <algorithm>
#include <numeric>

namespace fairlead::websocket {
namespace {

constexpr std::size_t max_text_bytes = 1024;

std::uint16_t kept_size(std::string_view text) noexcept
{
    return static_cast<std::uint16_t>(std::min(text.size(), max_text_bytes));
}

} // namespace

tunnel::tunnel(const timeline& before, tick_count now) noexcept
    : wheel_entry(&relay::on_deadline)
    , alive(now)
    , times(before)
{}

std::unique_ptr<tunnel> tunnel::make(net::slabs& memory, const tunnel_texts::parts& texts,
                                     const timeline& times, tick_count now)
{
    room where{memory, 0};
    for (const std::string_view each : texts)
        where.text_bytes += kept_size(each);
    std::unique_ptr<tunnel> made(new (where) tunnel(times, now));
    char* at = static_cast<char*>(static_cast<void*>(made.get())) + sizeof(tunnel);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        made->text_sizes_[i] = kept_size(texts[i]);
        at = std::copy_n(texts[i].data(), made->text_sizes_[i], at);
    }
    return made;
}

const char* tunnel::first_text() const noexcept
{
    return static_cast<const char*>(static_cast<const void*>(this)) + sizeof(tunnel);
}

std::string_view tunnel::text(tunnel_texts::part which) const noexcept
{
    const auto* const size = text_sizes_.begin() + static_cast<std::size_t>(which);
    return {std::accumulate(text_sizes_.begin(), size, first_text()), *size};
}

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
