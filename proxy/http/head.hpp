// A parsed message head: the start line and the fields, as offsets into the bytes they were parsed from.
//
// It does not own or copy those bytes: every view it gives points into the caller's read buffer and dies with
// it. When the buffer moves without changing, rebase() follows it. Reuse one head for all messages of a
// connection: after the first few it allocates nothing (the slots keep their capacity). Bounds: offsets are
// 16 bits, so a head is at most max_head_bytes. 10 bytes per field. Thread: one at a time. RFC 9112 2-5.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace fairlead::http {

constexpr std::size_t max_head_bytes = 60 * 1024;

// The fields that a proxy itself must understand; every other field is `other`.
enum class field_id : std::uint8_t
{
    other,
    connection,
    content_length,
    date,
    expect,
    forwarded,
    host,
    http2_settings,
    keep_alive,
    max_forwards,
    proxy_connection,
    sec_websocket_accept,
    sec_websocket_extensions,
    sec_websocket_key,
    sec_websocket_protocol,
    sec_websocket_version,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    via,
    x_forwarded, // X-Forwarded-For, -Host, -Proto and every other X-Forwarded-*
};
constexpr std::size_t field_id_count = static_cast<std::size_t>(field_id::x_forwarded) + 1;

struct field
{
    std::string_view name;  // as sent
    std::string_view value; // without the space around it
    field_id id = field_id::other;
};

class head
{
public:
    class iterator
    {
    public:
        iterator(const head& owner, std::size_t index)
            : owner_(&owner)
            , index_(index)
        {}
        field operator*() const { return (*owner_)[index_]; }
        iterator& operator++()
        {
            ++index_;
            return *this;
        }
        bool operator==(const iterator& other) const { return index_ == other.index_; }

    private:
        const head* owner_;
        std::size_t index_;
    };

    // Requests: the method and the request target as sent. Empty in a response.
    std::string_view method() const { return text(method_); }
    std::string_view target() const { return text(target_); }
    // Responses: 100..599 is checked by response_rules, not here. 0 and empty in a request.
    unsigned status() const { return status_; }
    std::string_view reason() const { return text(reason_); }
    // The x of HTTP/1.x: 0 or 1.
    unsigned version_minor() const { return version_minor_; }

    std::size_t size() const { return slots_.size(); }
    field operator[](std::size_t index) const;
    iterator begin() const { return {*this, 0}; }
    iterator end() const { return {*this, size()}; }

    // The value of the first such field; an empty value is not the same as no field. Names compare ignoring
    // case.
    std::optional<std::string_view> find(std::string_view name) const;
    std::optional<std::string_view> find(field_id id) const;
    // The first such field at position `from` or later; `from` becomes the position behind it. Start with 0.
    std::optional<std::string_view> find_next(std::string_view name, std::size_t& from) const;
    std::size_t count(field_id id) const { return counts_[static_cast<std::size_t>(id)]; }

    // The same bytes now start at `base`; views taken before are void.
    void rebase(const char* base) { base_ = base; }

    // What the parser writes. Views must lie within max_head_bytes of `base`.
    void start(const char* base);
    void set_request_line(std::string_view method, std::string_view target, unsigned version_minor);
    void set_status_line(unsigned status, std::string_view reason, unsigned version_minor);
    void add_field(field_id id, std::string_view name, std::string_view value);

private:
    struct span
    {
        std::uint16_t at = 0;
        std::uint16_t size = 0;
    };
    struct slot
    {
        span name;
        span value;
        field_id id;
    };
    static_assert(sizeof(slot) == 10);

    std::string_view text(span s) const { return {base_ + s.at, s.size}; }
    span locate(std::string_view part) const;

    const char* base_ = "";
    span method_;
    span target_;
    span reason_;
    std::uint16_t status_ = 0;
    std::uint8_t version_minor_ = 1;
    std::array<std::uint16_t, field_id_count> counts_{};
    std::vector<slot> slots_;
};

} // namespace fairlead::http
