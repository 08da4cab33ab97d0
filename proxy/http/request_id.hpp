// Names for requests whose client gave them none: 128 random bits, in lower-case hexadecimal digits.
#pragma once

#include <array>

namespace fairlead::http {

using request_id = std::array<char, 32>;

// A random generator is asked once for many. Throws what it throws. Thread: any.
request_id random_request_id();

} // namespace fairlead::http
