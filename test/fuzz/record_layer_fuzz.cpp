// Records of TLS 1.3, honest, altered and made up, to a layer whose keys are known. Only what the peer sealed
// comes out, up to the first that it did not seal; and how the bytes arrive makes no difference.
//
// Input: a byte of suite and role, then parts of a five-byte head (kind, inner type, size, where and what to
// alter) and as many bytes as it says.
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"
#include "tls/connection_state.hpp"
#include "tls/record_layer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;
using tls::content_type;
using tls::record_layer;
using meaning = record_layer::meaning;
using bytes = std::span<const std::uint8_t>;

std::string_view text_of(bytes data) { return {reinterpret_cast<const char*>(data.data()), data.size()}; }
bytes bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct setting
{
    tls::cipher_suite suite;
    bool is_server;
    std::vector<std::uint8_t> to_peer;
    std::vector<std::uint8_t> from_peer;

    explicit setting(std::uint8_t chosen)
        : suite(static_cast<tls::cipher_suite>(chosen % 3))
        , is_server((chosen & 4) != 0)
        , to_peer(tls::secret_size(suite), 1)
        , from_peer(tls::secret_size(suite), 2)
    {}
};

// One for all inputs, as for all connections of a thread.
tls::record_protection& protection()
{
    static tls::record_protection one;
    return one;
}

// What a peer sends, and what that is to come to.
struct stream
{
    std::string wire;
    std::string data;     // of records that are sealed, up to the first that is not
    bool is_whole = true; // all are sealed
    bool is_plain = true; // and nothing but data
    bool has_close = false;

    void add_sealed(tls::traffic_keys& keys, std::uint8_t type, std::string_view inside);
    void add_altered(std::size_t at, std::uint8_t by);
    void add_made_up(std::string_view inside, bool has_header);

private:
    std::size_t last_ = 0; // where the last record begins
};

void stream::add_sealed(tls::traffic_keys& keys, std::uint8_t type, std::string_view inside)
{
    std::array<std::uint8_t, tls::record_room> record;
    const std::size_t size =
        protection().seal(keys, static_cast<content_type>(type), inside, std::span(record));
    require(size != 0, "there is memory");
    last_ = wire.size();
    wire += text_of(bytes(record).first(size));
    if (!is_whole) return;
    // A type of 0 is padding, with the type before it (RFC 8446 5.4).
    while (type == 0 && !inside.empty()) {
        type = static_cast<std::uint8_t>(inside.back());
        inside.remove_suffix(1);
    }
    const auto real = static_cast<content_type>(type);
    is_plain = is_plain && real == content_type::application_data && !inside.empty();
    if (real == content_type::application_data) data += inside;
    if (real == content_type::alert && inside.size() == 2 && inside[1] == 0) has_close = true;
    const bool is_update = inside.size() == 5 && inside.substr(0, 4) == std::string_view("\x18\0\0\1", 4) &&
                           static_cast<unsigned char>(inside[4]) <= 1;
    if (real == content_type::handshake && is_update) require(protection().update(keys), "there is memory");
}

void stream::add_altered(std::size_t at, std::uint8_t by)
{
    char& byte = wire[last_ + at % (wire.size() - last_)];
    byte = static_cast<char>(byte ^ (by == 0 ? 1 : by));
    is_whole = is_plain = false;
}

void stream::add_made_up(std::string_view inside, bool has_header)
{
    if (!has_header && inside.empty()) return; // nothing is made up
    if (has_header) {
        wire += std::string_view("\x17\3\3", 3);
        wire += static_cast<char>(inside.size() >> 8);
        wire += static_cast<char>(inside.size() & 0xff);
    }
    wire += inside;
    is_whole = is_plain = false;
}

stream made_of(const setting& how, std::string_view rest)
{
    tls::traffic_keys keys;
    require(protection().begin(keys, how.suite, how.from_peer), "there is memory");
    stream out;
    constexpr std::size_t head_bytes = 5;
    constexpr std::size_t most_parts = 64; // the layer itself has no such bound
    for (std::size_t parts = 0; rest.size() >= head_bytes && parts < most_parts; ++parts) {
        const bytes head = bytes_of(rest.substr(0, head_bytes));
        const std::size_t asked = head[2] * ((head[0] & 0x80) != 0 ? 64UL : 1UL);
        rest.remove_prefix(head_bytes);
        const std::string_view inside = rest.substr(0, asked);
        rest.remove_prefix(inside.size());
        switch (head[0] & 3) {
        case 0: out.add_sealed(keys, head[1], inside); break;
        case 1: {
            const std::string before = out.data;
            const bool had_close = out.has_close;
            out.add_sealed(keys, head[1], inside);
            out.data = before;
            out.has_close = had_close;
            out.add_altered(head[3], head[4]);
            break;
        }
        case 2: out.add_made_up(inside, true); break;
        default: out.add_made_up(inside, false); break;
        }
    }
    protection().forget(keys);
    return out;
}

struct outcome
{
    meaning last = meaning::nothing;
    std::string data;

    bool operator==(const outcome&) const = default;
};

// What goes back is what the layer was given, behind the answer to a KeyUpdate where one is due.
void check_reply(record_layer& layer, const setting& how)
{
    std::array<std::uint8_t, tls::record_room> out;
    std::array<std::uint8_t, tls::record_room> room;
    tls::traffic_keys keys;
    require(protection().begin(keys, how.suite, how.to_peer), "there is memory");
    bytes rest = bytes(out).first(layer.put(protection(), "reply", out));
    require(!rest.empty(), "a reply is made");
    std::string told;
    for (int records = 0; !rest.empty(); ++records) {
        const std::size_t size = tls::size_of_record(rest);
        require(size <= rest.size() && records < 2, "a reply is one record, or two");
        const auto opened = protection().open(keys, rest.first(size), room);
        require(opened.what == tls::record_protection::verdict::opened, "the peer can open it");
        if (opened.type == content_type::handshake)
            require(protection().update(keys), "there is memory");
        else
            told += text_of(bytes(room).first(opened.size));
        rest = rest.subspan(size);
    }
    require(told == "reply", "and it says what was to be said");
    protection().forget(keys);
}

// As a connection goes about it.
outcome receive(const setting& how, const fuzz::pieces& pieces)
{
    record_layer layer;
    require(layer.begin(protection(), how.suite, how.is_server, {how.to_peer, 0}, {how.from_peer, 0}),
            "there is memory");
    outcome out;
    std::string came;
    static std::array<std::uint8_t, tls::record_room> room;
    const auto is_over = [&out] { return out.last == meaning::closed || out.last == meaning::failed; };
    for (const auto piece : pieces) {
        came += piece;
        std::size_t used = 0;
        while (!is_over()) {
            const bytes rest = bytes_of(came).subspan(used);
            const std::size_t size = tls::size_of_record(rest);
            if (size == 0 || rest.size() < size) break;
            if (size > tls::record_room || size <= tls::record_header_bytes) {
                out.last = meaning::failed;
                break;
            }
            const auto got = layer.take(protection(), rest.first(size), room);
            out.last = got.what;
            if (got.what != meaning::data) require(got.size == 0, "only data has a size");
            require(got.size < size, "what is inside is less than its record");
            out.data += text_of(bytes(room).first(got.size));
            require(got.what == meaning::failed || got.alert == 0, "only a failure is told to the peer");
            used += size;
        }
        came.erase(0, used);
    }
    if (!is_over()) check_reply(layer, how);
    layer.end(protection());
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const setting how(data[0]);
    const stream sent = made_of(how, text_of(bytes(data, size).subspan(1)));
    const outcome whole = receive(how, {sent.wire});
    require(sent.data.starts_with(whole.data), "what comes out is what was sealed, in order");
    require(whole.last != meaning::closed || sent.has_close, "an end is one that the peer sealed");
    if (sent.is_plain) {
        require(whole.data == sent.data, "data that is sealed comes out");
        require(whole.last != meaning::failed, "and nothing is wrong with it");
    }
    fuzz::for_each_split(sent.wire, [&](const fuzz::pieces& pieces) {
        require(receive(how, pieces) == whole, "how the bytes arrive makes no difference");
    });
    return 0;
}
