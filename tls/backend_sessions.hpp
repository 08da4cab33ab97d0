// The newest session that each backend gave, for resumption (RFC 8446 2.2, RFC 5077).
//
// Owned by the SSL_CTX of a pool. A session may be offered by several connections at once; a backend that
// takes each ticket only once answers the others with full handshakes. Does not grow with connections: one
// session for each backend that was ever dialled by the pool. Thread: any; takes a mutex, a few times in a
// handshake.
#pragma once

#include "tls/context_owned.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

struct ssl_session_st; // SSL_SESSION

namespace fairlead::tls {

class backend_sessions : public context_owned
{
public:
    ~backend_sessions() override;

    // Offers what is there to an SSL before its handshake, and keeps what the backend gives to it. False: out
    // of memory.
    bool prepare(ssl_st& ssl, std::string_view backend) const;

    // On the context that will own this; once.
    static void collect(ssl_ctx_st& context);

private:
    struct entry
    {
        const backend_sessions* owner = nullptr;
        ssl_session_st* newest = nullptr;
    };
    static int on_session(ssl_st* ssl, ssl_session_st* given);
    static int place();

    mutable std::mutex mutex_;
    mutable std::map<std::string, entry, std::less<>> entries_; // whose addresses SSLs hold
};

} // namespace fairlead::tls
