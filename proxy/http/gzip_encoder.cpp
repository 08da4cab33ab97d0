#include "proxy/http/gzip_encoder.hpp"

#include "proxy/net/memory_account.hpp"

#include <zlib.h>

#include <cassert>
#include <new>
#include <utility>

namespace fairlead::http {
namespace {

constexpr int window_bits = 14;
constexpr int as_gzip = 16; // added to window_bits
constexpr int memory_level = 7;
constexpr std::size_t usual_out = 20UL * 1024;
// As zconf.h has it, and the output.
constexpr std::size_t encoder_bytes =
    (std::size_t{1} << (window_bits + 2)) + (std::size_t{1} << (memory_level + 9)) + usual_out;

int flush_of(gzip_encoder::then what)
{
    switch (what) {
    case gzip_encoder::then::more: return Z_NO_FLUSH;
    case gzip_encoder::then::flush: return Z_SYNC_FLUSH;
    case gzip_encoder::then::finish: return Z_FINISH;
    }
    return Z_NO_FLUSH;
}

} // namespace

struct gzip_encoder::state
{
    z_stream stream{};

    explicit state(unsigned level)
    {
        if (::deflateInit2(&stream, static_cast<int>(level), Z_DEFLATED, window_bits + as_gzip, memory_level,
                           Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { ::deflateEnd(&stream); }
};

gzip_encoder::gzip_encoder(unsigned level)
    : state_(std::make_unique<state>(level))
    , out_(usual_out)
    , level_(level)
{
    net::memory_account::take(metrics::memory_kind::compression, encoder_bytes);
}

gzip_encoder::~gzip_encoder() { net::memory_account::give(metrics::memory_kind::compression, encoder_bytes); }

void gzip_encoder::begin(unsigned level)
{
    ::deflateReset(&state_->stream);
    if (std::exchange(level_, level) != level)
        ::deflateParams(&state_->stream, static_cast<int>(level), Z_DEFAULT_STRATEGY);
    if (out_.size() > usual_out) out_ = std::vector<char>(usual_out);
    bytes_in_ = bytes_out_ = 0;
    holds_back_ = false;
}

std::string_view gzip_encoder::encode(std::string_view in, then what)
{
    assert(in.size() <= step_bytes);
    z_stream& stream = state_->stream;
    // zlib's own type has no const, unless all of the program asks for it; it does not write there.
    stream.next_in = static_cast<Bytef*>(static_cast<void*>(const_cast<char*>(in.data())));
    stream.avail_in = static_cast<uInt>(in.size());
    std::size_t made = 0;
    for (;;) {
        stream.next_out = static_cast<Bytef*>(static_cast<void*>(out_.data() + made));
        const std::size_t room = out_.size() - made;
        stream.avail_out = static_cast<uInt>(room);
        ::deflate(&stream, flush_of(what));
        made += room - stream.avail_out;
        if (stream.avail_out != 0) break;
        out_.resize(out_.size() + usual_out);
    }
    bytes_in_ += in.size();
    bytes_out_ += made;
    holds_back_ = what == then::more && (holds_back_ || !in.empty());
    return {out_.data(), made};
}

gzip_encoders::lease::lease(gzip_encoders& of, std::unique_ptr<gzip_encoder> which)
    : of_(&of)
    , which_(std::move(which))
{
    ++of_->in_use_;
}

gzip_encoders::lease::lease(lease&& other) noexcept
    : of_(other.of_)
    , which_(std::move(other.which_))
{}

gzip_encoders::lease& gzip_encoders::lease::operator=(lease&& other) noexcept
{
    if (this == &other) return *this;
    give_back();
    of_ = other.of_;
    which_ = std::move(other.which_);
    return *this;
}

gzip_encoders::lease::~lease() { give_back(); }

void gzip_encoders::lease::give_back() noexcept
{
    if (!which_) return;
    --of_->in_use_;
    if (of_->kept_.size() < of_->kept_.capacity()) of_->kept_.push_back(std::move(which_));
    which_.reset();
}

gzip_encoders::lease gzip_encoders::take(unsigned level, std::uint32_t most)
{
    if (in_use_ >= most || net::memory_account::pressure() != net::memory_pressure::none) return {};
    try {
        kept_.reserve(most_kept);
        if (kept_.empty()) return {*this, std::make_unique<gzip_encoder>(level)};
        auto which = std::move(kept_.back());
        kept_.pop_back();
        which->begin(level);
        return {*this, std::move(which)};
    } catch (const std::bad_alloc&) {
        return {};
    }
}

} // namespace fairlead::http
