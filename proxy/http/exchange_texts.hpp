// What an exchange writes its heads into, lent by its thread and given back with the memory they have: in
// steady state a request allocates nothing. Texts that grew beyond 16 KiB are not kept, nor more than 64
// sets.
#pragma once

#include "proxy/http/head.hpp"

#include <memory>
#include <string>

namespace fairlead::http {

struct exchange_texts
{
    std::string before_tls; // to the backend, in the clear
    std::string request_head;
    std::string response_out;
    head response;
};

struct give_texts_back
{
    void operator()(exchange_texts* texts) const noexcept;
};
using lent_texts = std::unique_ptr<exchange_texts, give_texts_back>;

lent_texts lend_texts(); // empty ones

} // namespace fairlead::http
