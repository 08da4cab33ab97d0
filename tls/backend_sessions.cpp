#include "tls/backend_sessions.hpp"

#include <openssl/ssl.h>

namespace fairlead::tls {

int backend_sessions::place()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

backend_sessions::~backend_sessions()
{
    for (auto& [backend, each] : entries_)
        SSL_SESSION_free(each.newest);
}

bool backend_sessions::prepare(ssl_st& ssl, std::string_view backend) const
{
    const std::scoped_lock lock(mutex_);
    auto found = entries_.find(backend);
    if (found == entries_.end()) found = entries_.emplace(backend, entry{this, nullptr}).first;
    SSL_SESSION* newest = found->second.newest;
    if (newest != nullptr && SSL_SESSION_is_resumable(newest) == 1) SSL_set_session(&ssl, newest);
    return SSL_set_ex_data(&ssl, place(), &found->second) == 1;
}

void backend_sessions::collect(ssl_ctx_st& context)
{
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(&context, on_session);
}

int backend_sessions::on_session(ssl_st* ssl, ssl_session_st* given)
{
    auto* of = static_cast<entry*>(SSL_get_ex_data(ssl, place()));
    if (of == nullptr) return 0;
    const std::scoped_lock lock(of->owner->mutex_);
    SSL_SESSION_free(of->newest);
    of->newest = given;
    return 1; // it is ours now
}

} // namespace fairlead::tls
