#include "proxy/http/body_decoder.hpp"

#include <algorithm>

namespace fairlead::http {

body_decoder::progress body_decoder::step(std::string_view in)
{
    switch (kind_) {
    case framing_kind::none: return {0, {}, true, chunk_fault::none};
    case framing_kind::until_close: return {in.size(), in, false, chunk_fault::none};
    case framing_kind::chunked: return chunks_.step(in);
    case framing_kind::length: break;
    }
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), left_));
    left_ -= take;
    return {take, in.substr(0, take), left_ == 0, chunk_fault::none};
}

} // namespace fairlead::http
