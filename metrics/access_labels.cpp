#include "metrics/access_labels.hpp"

namespace fairlead::metrics {

std::string_view label(password_result value) noexcept
{
    switch (value) {
    case password_result::passed: return "passed";
    case password_result::remembered: return "remembered";
    case password_result::missing: return "missing";
    case password_result::malformed: return "malformed";
    case password_result::wrong: return "wrong";
    case password_result::limited: return "limited";
    case password_result::queue_full: return "queue_full";
    case password_result::client_left: return "client_left";
    }
    return {};
}

std::string_view label(compression_skip value) noexcept
{
    switch (value) {
    case compression_skip::not_accepted: return "not_accepted";
    case compression_skip::type: return "type";
    case compression_skip::small: return "small";
    case compression_skip::encoded: return "encoded";
    case compression_skip::forbidden: return "forbidden";
    case compression_skip::busy: return "busy";
    }
    return {};
}

} // namespace fairlead::metrics
