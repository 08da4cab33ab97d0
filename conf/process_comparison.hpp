// The keys that are about the process, logs and forwarding, for config_diff.cpp.
#pragma once

#include "conf/model.hpp"

namespace fairlead::conf {

template <class Comparison>
void compare_privileges(const process_options& a, const process_options& b, const Comparison& keys)
{
    keys.add("user", a.user, b.user);
    keys.add("group", a.group, b.group);
    keys.add("seccomp", a.seccomp, b.seccomp);
}

template <class Comparison>
void compare_log(const log_options& a, const log_options& b, const Comparison& keys)
{
    keys.add("level", a.level, b.level);
    keys.add("format", a.format, b.format);
    keys.add("target", a.target, b.target);
    keys.add("access", a.access, b.access);
    keys.add("access_format", a.access_format, b.access_format);
    keys.add("access_fields", a.access_fields, b.access_fields);
    keys.add("requests", a.requests, b.requests);
    keys.add("sample", a.sample, b.sample);
    keys.add("tunnel_every", a.tunnel_every, b.tunnel_every);
}

template <class Comparison>
void compare_forwarding(const forward_options& a, const forward_options& b, const Comparison& keys)
{
    keys.add("via", a.via, b.via);
    keys.add("via_name", a.via_name, b.via_name);
    keys.add("x_forwarded", a.x_forwarded, b.x_forwarded);
    keys.add("forwarded", a.forwarded, b.forwarded);
    keys.add("request_id", a.request_id, b.request_id);
    keys.add("trusted_proxies", a.trusted_proxies, b.trusted_proxies);
    keys.add("client_certificate", a.client_certificate, b.client_certificate);
    keys.add("trace_context", a.trace_context, b.trace_context);
    keys.add("trace_sample", a.trace_sample, b.trace_sample);
}

} // namespace fairlead::conf
