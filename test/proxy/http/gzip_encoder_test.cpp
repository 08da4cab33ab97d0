#include "proxy/http/gzip_encoder.hpp"

#include <doctest/doctest.h>

#include <zlib.h>

#include <random>
#include <string>
#include <string_view>

using namespace fairlead;
using http::gzip_encoder;
using http::gzip_encoders;
using then = gzip_encoder::then;

namespace {

// By zlib, which wants a whole gzip member where `is_whole`.
std::string unpacked(std::string packed, bool is_whole = true)
{
    z_stream stream{};
    REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
    std::string out;
    std::string room(65536, '\0');
    stream.next_in = static_cast<Bytef*>(static_cast<void*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = Z_OK;
    do {
        stream.next_out = static_cast<Bytef*>(static_cast<void*>(room.data()));
        stream.avail_out = static_cast<uInt>(room.size());
        state = ::inflate(&stream, Z_NO_FLUSH);
        out.append(room.data(), room.size() - stream.avail_out);
    } while (state == Z_OK && (stream.avail_in != 0 || stream.avail_out == 0));
    CHECK((state == Z_STREAM_END) == is_whole);
    CHECK(stream.avail_in == 0);
    ::inflateEnd(&stream);
    return out;
}

std::string packed(gzip_encoder& by, std::string_view text)
{
    std::string out;
    while (text.size() > gzip_encoder::step_bytes) {
        out.append(by.encode(text.substr(0, gzip_encoder::step_bytes), then::more));
        text.remove_prefix(gzip_encoder::step_bytes);
    }
    return out.append(by.encode(text, then::finish));
}

std::string noise(std::size_t size)
{
    std::minstd_rand lots(1);
    std::string out;
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(static_cast<char>(lots() >> 8));
    return out;
}

} // namespace

TEST_CASE("what was compressed is the same afterwards, whatever it was")
{
    gzip_encoder encoder(5);
    std::string lines;
    for (int i = 0; i < 20'000; ++i)
        lines += "line " + std::to_string(i) + "\n";
    for (const std::string& text : {std::string(), std::string("a"), lines, noise(300'000)}) {
        const std::string out = packed(encoder, text);
        CHECK(unpacked(out) == text);
        CHECK(encoder.bytes_in() == text.size());
        CHECK(encoder.bytes_out() == out.size());
        encoder.begin(9); // the next body, with another level
    }
    CHECK(packed(encoder, lines).size() < lines.size() / 4);
}

TEST_CASE("after a flush all that came in can be read")
{
    gzip_encoder encoder(5);
    std::string sent;
    sent.append(encoder.encode("data: 1\n\n", then::more));
    CHECK(encoder.holds_back());
    sent.append(encoder.encode({}, then::flush));
    CHECK_FALSE(encoder.holds_back());
    CHECK(unpacked(sent, false) == "data: 1\n\n");
    CHECK(encoder.encode({}, then::flush).empty()); // nothing more for nothing
    sent.append(encoder.encode("data: 2\n\n", then::flush));
    CHECK(unpacked(sent, false) == "data: 1\n\ndata: 2\n\n");
    sent.append(encoder.encode({}, then::finish));
    CHECK(unpacked(sent) == "data: 1\n\ndata: 2\n\n");
}

TEST_CASE("no more encoders are in use than may be, and they are used again")
{
    gzip_encoders all;
    auto one = all.take(5, 2);
    auto two = all.take(1, 2);
    REQUIRE(one.get() != nullptr);
    REQUIRE(two.get() != nullptr);
    CHECK(all.in_use() == 2);
    CHECK(all.take(5, 2).get() == nullptr);
    CHECK(all.take(5, 3).get() != nullptr); // another route may have more
    const gzip_encoder* const was = one.get();
    (void)one.get()->encode("left behind", then::more);
    one = {};
    CHECK(all.in_use() == 1);
    auto again = all.take(9, 2);
    CHECK(all.in_use() == 2);
    if (again.get() == was) CHECK(again.get()->bytes_in() == 0);
    CHECK(unpacked(packed(*again.get(), "new")) == "new");
    two = std::move(again);
    CHECK(all.in_use() == 1);
    CHECK(again.get() == nullptr);
}
