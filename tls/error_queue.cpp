#include "tls/error_queue.hpp"

#include <openssl/err.h>

namespace fairlead::tls {

void clear_errors() noexcept { ERR_clear_error(); }

std::string take_error()
{
    const unsigned long code = ERR_peek_error();
    const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason != nullptr ? reason : "unknown error";
}

} // namespace fairlead::tls
