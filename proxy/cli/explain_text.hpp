// What explain_report tells, for people. Pure.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace fairlead::cli {

std::string explain_text(const boost::json::object& told);

} // namespace fairlead::cli
