// The checks of one backend, one after the other until it is destroyed: a TCP connection, or a GET whose
// status is judged. They go to the backend's own address.
//
// It decides nothing: each outcome is told to `report`, which answers with the time to the next check's
// begin. The destructor ends the checks; `report` is not called after it. One connection at a time, each
// bounded by the check's timeout, at most 256 bytes read. Thread: the executor's.
#pragma once

#include "conf/model.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/health/health_state.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::npath {

struct check_result
{
    health::check_outcome outcome = health::check_outcome::fail;
    std::string reason; // of anything but a pass: "Connection refused", "status 503", "timeout"
};

struct check_target
{
    net::socket_address remote;
    std::optional<net::socket_address> source; // absent: the kernel's choice
    conf::npath_check_options options;
};

// From the first bytes of an HTTP answer; nothing while its status is not complete. 2xx and 3xx pass, 503
// drains, everything else fails (RFC 9112 4).
std::optional<check_result> judge_answer(std::string_view received);

class health_check
{
public:
    using report_fn = std::function<std::chrono::milliseconds(const check_result&)>;

    health_check(net::executor executor, check_target target, report_fn report);
    health_check(const health_check&) = delete;
    health_check& operator=(const health_check&) = delete;
    ~health_check();

private:
    struct run;
    static net::task<check_result> check(run& one);
    static net::task<check_result> check_http(run& one);
    static net::task<> repeat(std::shared_ptr<run> one);

    std::shared_ptr<run> run_;
};

} // namespace fairlead::npath
