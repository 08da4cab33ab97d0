// Whether a client wants its answer compressed by gzip.
//
// Pure. Thread: any. Source: RFC 9110 12.5.3 (Accept-Encoding), 12.4.2 (quality values), 8.4.1.3 (x-gzip).
#pragma once

#include "proxy/http/head.hpp"

#include <string_view>

namespace fairlead::http {

// Named, or meant by "*", with a weight above 0 that is not below that of identity. All fields of the name
// are one list; an element that is not well formed says nothing. Without any: no, as few programs that say
// nothing can read it.
bool wants_gzip(const head& request);
bool wants_gzip(std::string_view accept_encoding); // the value of the only field

} // namespace fairlead::http
