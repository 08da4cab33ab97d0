// Stops the process when a claim about an input does not hold, so that libFuzzer keeps the input. In every
// build, unlike assert.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace fairlead::fuzz {

inline void require(bool holds, const char* claim)
{
    if (holds) return;
    std::fprintf(stderr, "this does not hold: %s\n", claim);
    std::abort();
}

} // namespace fairlead::fuzz
