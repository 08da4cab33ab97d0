#include "proxy/http/exchange_texts.hpp"

#include <utility>
#include <vector>

namespace fairlead::http {
namespace {

constexpr std::size_t most_kept = 64;
constexpr std::size_t most_bytes = 16UL * 1024;

thread_local std::vector<std::unique_ptr<exchange_texts>> kept;

} // namespace

void give_texts_back::operator()(exchange_texts* texts) const noexcept
{
    std::unique_ptr<exchange_texts> owned(texts);
    for (std::string* const each : {&texts->before_tls, &texts->request_head, &texts->response_out}) {
        if (each->capacity() > most_bytes) return;
        each->clear();
    }
    if (kept.size() < kept.capacity()) kept.push_back(std::move(owned));
}

lent_texts lend_texts()
{
    if (kept.empty()) {
        kept.reserve(most_kept); // so that giving back never allocates
        return lent_texts(new exchange_texts);
    }
    lent_texts lent(kept.back().release());
    kept.pop_back();
    return lent;
}

} // namespace fairlead::http
