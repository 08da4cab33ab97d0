// OpenSSL's queue of errors as text.
//
// The queue is per thread and shared by all connections: clear it before a call whose errors are read after.
// Thread: any.
#pragma once

#include <string>

namespace fairlead::tls {

void clear_errors() noexcept;

// The reason of the first error in the queue, "key values mismatch", or "unknown error"; empties the queue.
std::string take_error();

} // namespace fairlead::tls
