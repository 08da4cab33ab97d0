// Seals and opens session tickets with ticket_keys: AES-256-CBC and HMAC-SHA-256 (RFC 5077 4). A ticket whose
// client's certificate has run out resumes nothing.
//
// Thread: any.
#pragma once

#include "tls/context_owned.hpp"
#include "tls/ticket_keys.hpp"

#include <memory>

namespace fairlead::tls {

// What a context has to own for its tickets to be sealed.
struct ticket_holder : context_owned
{
    std::shared_ptr<ticket_keys> tickets;
};

void seal_tickets(ssl_ctx_st& context); // which owns a ticket_holder with keys

} // namespace fairlead::tls
