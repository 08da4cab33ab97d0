// What `fairlead connections` prints of the JSON that the process answers. Pure text; a member that is
// missing is left out.
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace fairlead::cli {

std::string connections_text(const boost::json::object& answer); // a table, and how many there are
std::string closed_text(const boost::json::object& answer);

} // namespace fairlead::cli
