// The end of a connection whose peer may still be sending.
//
// Closing at once would reset it and could take the last answer with it (RFC 9112 9.6). So our direction ends
// first, and what comes is dropped for a while. Bounds: 2 s and 256 KiB. Completes when: the peer ended, a
// bound was reached, or the stream was cancelled; the caller closes. Thread: the worker's.
#pragma once

#include "proxy/net/deadline.hpp"
#include "proxy/net/stream.hpp"

namespace fairlead::net {

task<> linger(stream& with, deadline& limit); // `limit` guards the stream

} // namespace fairlead::net
