// Traffic as members of a JSON object, as /status tells it.
//
// Words are those of the metrics' labels. What is counted by cause, code or class is left out while it is 0,
// and a histogram while it is empty; the other members are always there. Histograms are cumulative, as their
// bounds are told by describe_bounds(), with one number more for what is above the last. Thread: any.
#pragma once

#include "proxy/status/traffic.hpp"

#include <boost/json/object.hpp>

namespace fairlead::status {

void put(boost::json::object& into, const tunnel_total& from);
void put(boost::json::object& into, const request_total& from);
void put(boost::json::object& into, const dial_total& from);

boost::json::object describe(const metrics::by<metrics::refusal, total>& refusals);
boost::json::object describe_bounds(); // in seconds, by the name of the histogram's member

} // namespace fairlead::status
