#include "metrics/labels.hpp"

namespace fairlead::metrics {

status_class class_of(unsigned status) noexcept
{
    switch (status / 100) {
    case 1: return status_class::informational;
    case 2: return status_class::success;
    case 3: return status_class::redirect;
    case 4: return status_class::client_error;
    default: return status_class::server_error;
    }
}

close_code_slot slot_of(std::uint16_t code) noexcept
{
    if (code >= 1000 && code <= 1015) return static_cast<close_code_slot>(code - 1000);
    if (code >= 3000 && code <= 3999) return close_code_slot::registered;
    if (code >= 4000 && code <= 4999) return close_code_slot::application;
    return close_code_slot::other;
}

std::string_view label(direction value) noexcept
{
    switch (value) {
    case direction::to_backend: return "to_backend";
    case direction::to_client: return "to_client";
    }
    return {};
}

std::string_view label(frame_kind value) noexcept
{
    switch (value) {
    case frame_kind::text: return "text";
    case frame_kind::binary: return "binary";
    case frame_kind::ping: return "ping";
    case frame_kind::pong: return "pong";
    case frame_kind::close: return "close";
    }
    return {};
}

std::string_view label(party value) noexcept
{
    switch (value) {
    case party::client: return "client";
    case party::backend: return "backend";
    case party::proxy: return "proxy";
    }
    return {};
}

std::string_view label(status_class value) noexcept
{
    switch (value) {
    case status_class::informational: return "1xx";
    case status_class::success: return "2xx";
    case status_class::redirect: return "3xx";
    case status_class::client_error: return "4xx";
    case status_class::server_error: return "5xx";
    }
    return {};
}

std::string_view label(refusal value) noexcept
{
    switch (value) {
    case refusal::bad_request: return "bad_request";
    case refusal::header_too_large: return "header_too_large";
    case refusal::target_too_long: return "target_too_long";
    case refusal::body_too_large: return "body_too_large";
    case refusal::head_timeout: return "head_timeout";
    case refusal::body_timeout: return "body_timeout";
    case refusal::no_route: return "no_route";
    case refusal::no_backend: return "no_backend";
    case refusal::connect_failed: return "connect_failed";
    case refusal::ports_exhausted: return "ports_exhausted";
    case refusal::response_timeout: return "response_timeout";
    case refusal::bad_response: return "bad_response";
    case refusal::upgrade_refused: return "upgrade_refused";
    case refusal::websocket_version: return "websocket_version";
    case refusal::origin: return "origin";
    case refusal::route_full: return "route_full";
    case refusal::client_full: return "client_full";
    case refusal::upgrade_rate: return "upgrade_rate";
    case refusal::draining: return "draining";
    case refusal::access: return "access";
    case refusal::request_rate: return "request_rate";
    case refusal::unauthorized: return "unauthorized";
    case refusal::auth_failed: return "auth_failed";
    case refusal::password_rate: return "password_rate";
    case refusal::password_queue_full: return "password_queue_full";
    case refusal::backends_full: return "backends_full";
    case refusal::queue_full: return "queue_full";
    case refusal::queue_timeout: return "queue_timeout";
    case refusal::backends_pending: return "backends_pending";
    case refusal::memory: return "memory";
    }
    return {};
}

std::string_view label(queue_end value) noexcept
{
    switch (value) {
    case queue_end::served: return "served";
    case queue_end::full: return "full";
    case queue_end::timeout: return "timeout";
    case queue_end::client_left: return "client_left";
    }
    return {};
}

std::string_view label(retry_cause value) noexcept
{
    switch (value) {
    case retry_cause::unseen: return "unseen";
    case retry_cause::reset: return "reset";
    case retry_cause::timeout: return "timeout";
    case retry_cause::status: return "status";
    }
    return {};
}

std::string_view label(hedge_end value) noexcept
{
    switch (value) {
    case hedge_end::won: return "won";
    case hedge_end::lost: return "lost";
    case hedge_end::failed: return "failed";
    }
    return {};
}

std::string_view label(dial_failure value) noexcept
{
    switch (value) {
    case dial_failure::refused: return "refused";
    case dial_failure::timeout: return "timeout";
    case dial_failure::unreachable: return "unreachable";
    case dial_failure::ports_exhausted: return "ports_exhausted";
    case dial_failure::unresolved: return "unresolved";
    case dial_failure::no_resources: return "no_resources";
    case dial_failure::no_client_address: return "no_client_address";
    case dial_failure::tls: return "tls";
    case dial_failure::other: return "other";
    }
    return {};
}

std::string_view label(end_cause value) noexcept
{
    switch (value) {
    case end_cause::none: return "none";
    case end_cause::close_frame: return "close";
    case end_cause::eof: return "eof";
    case end_cause::reset: return "reset";
    case end_cause::truncated: return "truncated";
    case end_cause::tls_error: return "tls_error";
    case end_cause::overdue: return "close_timeout";
    case end_cause::drained: return "drained";
    case end_cause::removed: return "removed";
    case end_cause::dead_backend: return "dead_backend";
    case end_cause::rebalanced: return "rebalanced";
    case end_cause::dead_peer: return "dead_peer";
    case end_cause::idle: return "idle_timeout";
    case end_cause::aged: return "max_age";
    case end_cause::rate: return "rate";
    case end_cause::frame_too_big: return "frame_too_big";
    case end_cause::message_too_big: return "message_too_big";
    case end_cause::protocol_error: return "protocol_error";
    case end_cause::slow_consumer: return "slow_consumer";
    case end_cause::ordered: return "ordered";
    case end_cause::refused: return "no_resources";
    }
    return {};
}

std::string_view label(backend_condition value) noexcept
{
    switch (value) {
    case backend_condition::down: return "down";
    case backend_condition::draining: return "draining";
    case backend_condition::ejected: return "ejected";
    case backend_condition::backing_off: return "backing_off";
    case backend_condition::up: return "up";
    }
    return {};
}

std::string_view label(check_failure value) noexcept
{
    switch (value) {
    case check_failure::connect: return "connect";
    case check_failure::timeout: return "timeout";
    case check_failure::closed: return "closed";
    case check_failure::malformed: return "malformed";
    case check_failure::status: return "status";
    case check_failure::body: return "body";
    case check_failure::handshake: return "handshake";
    case check_failure::pong: return "pong";
    }
    return {};
}

std::string_view label(drain_kind value) noexcept
{
    switch (value) {
    case drain_kind::process: return "process";
    case drain_kind::reload: return "reload";
    case drain_kind::route: return "route";
    case drain_kind::backend: return "backend";
    case drain_kind::listener: return "listener";
    case drain_kind::dead_backend: return "dead_backend";
    }
    return {};
}

std::string_view label(proxy_protocol_version value) noexcept
{
    switch (value) {
    case proxy_protocol_version::v1: return "1";
    case proxy_protocol_version::v2: return "2";
    }
    return {};
}

std::string_view label(proxy_protocol_fault value) noexcept
{
    switch (value) {
    case proxy_protocol_fault::missing: return "missing";
    case proxy_protocol_fault::malformed: return "malformed";
    case proxy_protocol_fault::too_long: return "too_long";
    case proxy_protocol_fault::bad_checksum: return "bad_checksum";
    case proxy_protocol_fault::cut: return "cut";
    case proxy_protocol_fault::timeout: return "timeout";
    }
    return {};
}

std::string_view label(exception_cost value) noexcept
{
    switch (value) {
    case exception_cost::session: return "session";
    case exception_cost::tunnel: return "tunnel";
    case exception_cost::task: return "task";
    }
    return {};
}

std::string_view label(close_code_slot value) noexcept
{
    switch (value) {
    case close_code_slot::normal: return "1000";
    case close_code_slot::going_away: return "1001";
    case close_code_slot::protocol_error: return "1002";
    case close_code_slot::unsupported_data: return "1003";
    case close_code_slot::reserved: return "1004";
    case close_code_slot::none: return "none";
    case close_code_slot::abnormal: return "abnormal";
    case close_code_slot::invalid_payload: return "1007";
    case close_code_slot::policy_violation: return "1008";
    case close_code_slot::message_too_big: return "1009";
    case close_code_slot::mandatory_extension: return "1010";
    case close_code_slot::internal_error: return "1011";
    case close_code_slot::service_restart: return "1012";
    case close_code_slot::try_again_later: return "1013";
    case close_code_slot::bad_gateway: return "1014";
    case close_code_slot::tls_failure: return "1015";
    case close_code_slot::registered: return "3000-3999";
    case close_code_slot::application: return "4000-4999";
    case close_code_slot::other: return "other";
    }
    return {};
}

} // namespace fairlead::metrics
