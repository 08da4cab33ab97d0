// Compresses one body after another to gzip, and the encoders that a worker has for that.
//
// What came in is held back until it is worth a block, or flush or finish is asked for. No I/O.
// Bounds: 155 KiB each (a window of 16 KiB; with zlib's own default 290, for bodies that are 4 %
// shorter), and what a piece becomes, some 80 KiB at most. `take` never gives more than it is told; 8 that
// are not in use are kept. Thread: the worker's. Errors: std::bad_alloc from the constructor.
// Source: RFC 1952, zlib's manual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace fairlead::http {

class gzip_encoder
{
public:
    static constexpr std::size_t step_bytes = 16UL * 1024; // of input at once: some 0.3 ms

    enum class then : std::uint8_t
    {
        more,
        flush, // all that came in can be read by the client
        finish // the end of the body
    };

    explicit gzip_encoder(unsigned level);
    gzip_encoder(const gzip_encoder&) = delete;
    gzip_encoder& operator=(const gzip_encoder&) = delete;
    ~gzip_encoder();

    void begin(unsigned level); // the next body

    // At most step_bytes. What comes out is good until the next call.
    std::string_view encode(std::string_view in, then what);

    bool holds_back() const noexcept { return holds_back_; }
    std::uint64_t bytes_in() const noexcept { return bytes_in_; }
    std::uint64_t bytes_out() const noexcept { return bytes_out_; }

private:
    struct state;

    std::unique_ptr<state> state_;
    std::vector<char> out_;
    unsigned level_;
    std::uint64_t bytes_in_ = 0; // of this body
    std::uint64_t bytes_out_ = 0;
    bool holds_back_ = false;
};

class gzip_encoders
{
public:
    // The use of one; the destructor gives it back.
    class lease
    {
    public:
        lease() = default;
        lease(gzip_encoders& of, std::unique_ptr<gzip_encoder> which);
        lease(lease&& other) noexcept;
        lease& operator=(lease&& other) noexcept;
        ~lease();

        gzip_encoder* get() const noexcept { return which_.get(); } // null: none

    private:
        void give_back() noexcept;

        gzip_encoders* of_ = nullptr;
        std::unique_ptr<gzip_encoder> which_;
    };

    gzip_encoders() = default;
    gzip_encoders(const gzip_encoders&) = delete;
    gzip_encoders& operator=(const gzip_encoders&) = delete;

    // None when `most` are in use, or there is no memory for one, or little for all (memory_account).
    lease take(unsigned level, std::uint32_t most);
    std::uint32_t in_use() const noexcept { return in_use_; }

private:
    static constexpr std::size_t most_kept = 8;

    std::vector<std::unique_ptr<gzip_encoder>> kept_;
    std::uint32_t in_use_ = 0;
};

} // namespace fairlead::http
