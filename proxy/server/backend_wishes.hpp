// What an operator wants of single backends beside the configuration: another weight, or nothing new for it.
//
//   weight N   counts N times as much as one of weight 1, from the next choice on
//   eject      the balancer passes it over; what it has stays, unlike in a drain
//   restore    both are taken back; after an ejection a slow start begins, where the pool has one
//
// Health goes on as ever: a backend that is down stays down. What a value hashes to (`sticky`) goes by the
// configured weights. A wish outlives reloads, and ends when a reload or discovery removes the backend. It
// does not outlive the process. Thread: the main thread's.
#pragma once

#include "proxy/http/service.hpp"
#include "proxy/server/process_control.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::server {

class backend_wishes
{
public:
    // 404 for what is not configured, 409 for what is to be restored and is as it is configured.
    control_answer change(const backend_request& asked, const http::service& current);

    // Adds "operator" to each of `backends`, as backend_health describes them: null, or {"ejected", "weight"}
    // with who wanted it and since when.
    void describe(boost::json::object& answer) const;

    // Forgets what is no longer configured.
    void after_reload(const http::service& next);

private:
    struct note
    {
        std::string by;
        std::chrono::system_clock::time_point since;
    };
    struct standing
    {
        std::shared_ptr<upstream::backend> backend;
        std::optional<note> ejected;
        std::optional<note> weight;
    };

    standing& obtain(std::shared_ptr<upstream::backend> backend);
    control_answer restore(const std::shared_ptr<upstream::backend>& backend, const std::string& by);
    static boost::json::object describe(const standing& which);

    std::vector<standing> standing_;
};

} // namespace fairlead::server
