// A value that an SSL_CTX owns: it goes with the last SSL that was made from it, so that callbacks of
// handshakes may use it without asking whether anybody else still does.
//
// Thread: any; the value is shared by all SSLs of the context.
#pragma once

#include "tls/handles.hpp"

#include <memory>

namespace fairlead::tls {

class context_owned
{
public:
    virtual ~context_owned() = default;

    context_owned() = default;
    context_owned(const context_owned&) = delete;
    context_owned& operator=(const context_owned&) = delete;

    // False when out of memory.
    static bool give(ssl_ctx_st& to, std::shared_ptr<const context_owned> value);
    static const context_owned* of(const ssl_ctx_st& context) noexcept; // null: none was given
    static const context_owned* of(const ssl_st& ssl) noexcept;         // of its context now
};

} // namespace fairlead::tls
