// Reads the file that a key names, for keys whose text is kept in a file of its own: secrets and key sets.
#pragma once

#include "conf/table_reader.hpp"

#include <string>
#include <string_view>

namespace fairlead::conf {

// Its text; a relative name starts from the folder of the file that the key stands in. What is wrong is
// reported at the key, and the text is empty. Blocks.
std::string text_in_file(const table_reader& table, std::string_view name);

// The same without line ends behind it, which editors leave.
std::string secret_in_file(const table_reader& table, std::string_view name);

} // namespace fairlead::conf
