// What `fairlead top` reads of a running process, and what two readings tell: counts of now, rates between
// them.
//
// A counter that fell belongs to a process that began anew: its rate is 0. Pure; any thread.
#pragma once

#include "proxy/cli/top_table.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>

namespace fairlead::cli {

struct top_counts
{
    double tunnels = 0;
    double opened = 0;
    double messages = 0;
    double bytes = 0;
    double requests = 0;
    double failed = 0; // answered with 5xx
    double active = 0; // of a backend
    std::string state; // of a backend
};

struct top_figures
{
    double at_s = 0; // on any clock that goes on steadily
    std::map<std::string, top_counts> routes;
    std::map<std::string, top_counts> backends; // by "POOL/ADDRESS"
    top_counts all;
    double refused = 0;
    double cpu_s = 0;
    double memory_bytes = 0;
    double descriptors = 0;
    double descriptor_limit = 0;
    double fullest_source = 0; // 0 to 1
    double generation = 0;
    std::string version;
    std::string lifecycle;           // "starting", "ready", "draining"
    boost::json::object connections; // as GET /connections answers; empty where that was not asked
};

top_figures read_figures(const boost::json::object& status, double at_s); // of GET /status

top_table route_rows(const top_figures& before, const top_figures& now);
top_table backend_rows(const top_figures& before, const top_figures& now);
top_table connection_rows(const top_figures& before, const top_figures& now);

// Who that is, and how it is as a whole: two lines.
std::string title_line(const top_figures& now, std::string_view admin);
std::string total_line(const top_figures& before, const top_figures& now);

} // namespace fairlead::cli
