// One line of a trace, as people read it. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace fairlead::cli {

// Of an event of /connections/ID/trace, with its line end; one that is not known is left out.
std::string trace_line(const boost::json::object& event);

} // namespace fairlead::cli
