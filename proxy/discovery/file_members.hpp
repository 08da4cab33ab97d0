// Reads the members of a pool out of a text as Prometheus' file_sd_configs has it:
//
//   [{"targets": ["10.0.0.1:9000", "app:9000"], "labels": {"fairlead_weight": "2"}}, ...]
//
// All of it is good or none is: a list that is half written must not empty a pool. An empty list is good, and
// means that there are no members. The one label with a meaning is fairlead_weight, 1 to 1000; others are for
// others. Of a target that is listed twice the first counts. read_members_file() reads the text from a file,
// which blocks. Pure else. Thread: any.
#pragma once

#include "proxy/discovery/look_result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace fairlead::discovery {

look_result parse_members(std::string_view text, std::size_t most);

look_result read_members_file(const std::string& file, std::size_t most);

} // namespace fairlead::discovery
