// How numbers and label values are written in an exposition. Appends; nothing fails but for want of memory.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::metrics {

// Whole numbers without a point, others as short as they can be read back; NaN, +Inf and -Inf by these words.
void append_number(std::string& out, double value);

// The bound of a bucket: with a point in any case, never with an exponent.
void append_bound(std::string& out, double bound);

// With backslashes, quotes and line ends escaped.
void append_label_value(std::string& out, std::string_view value);

// Of a HELP line: `escapes_quotes` as OpenMetrics wants it.
void append_help(std::string& out, std::string_view help, bool escapes_quotes);

} // namespace fairlead::metrics
