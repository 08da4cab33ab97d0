#include "metrics/admin_labels.hpp"

namespace fairlead::metrics {

std::string_view label(admin_refusal value) noexcept
{
    switch (value) {
    case admin_refusal::no_credentials: return "no_credentials";
    case admin_refusal::wrong_credentials: return "wrong_credentials";
    case admin_refusal::not_permitted: return "not_permitted";
    case admin_refusal::host: return "host";
    case admin_refusal::cross_site: return "cross_site";
    case admin_refusal::handshake: return "handshake";
    case admin_refusal::busy: return "busy";
    }
    return {};
}

} // namespace fairlead::metrics
