// A hash map from text that is looked up by view and hashed with a seed a client cannot know.
//
// Filled while a route table is built, then only read; the seed is drawn once per table.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fairlead::routing {

struct text_hash
{
    using is_transparent = void;

    std::uint64_t seed = 0;

    std::size_t operator()(std::string_view text) const noexcept
    {
        return XXH3_64bits_withSeed(text.data(), text.size(), seed);
    }
};

template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

} // namespace fairlead::routing
