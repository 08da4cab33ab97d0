#include "metrics/memory_labels.hpp"

namespace fairlead::metrics {

std::string_view label(memory_kind value) noexcept
{
    switch (value) {
    case memory_kind::heads: return "heads";
    case memory_kind::bodies: return "bodies";
    case memory_kind::remainders: return "remainders";
    case memory_kind::compression: return "compression";
    case memory_kind::sessions: return "sessions";
    case memory_kind::tunnels: return "tunnels";
    case memory_kind::handshakes: return "handshakes";
    }
    return {};
}

std::string_view label(shortage value) noexcept
{
    switch (value) {
    case shortage::memory: return "memory";
    case shortage::descriptors: return "descriptors";
    }
    return {};
}

std::string_view label(shed value) noexcept
{
    switch (value) {
    case shed::connection: return "connection";
    case shed::request: return "request";
    case shed::idle: return "idle";
    case shed::read: return "read";
    }
    return {};
}

} // namespace fairlead::metrics
