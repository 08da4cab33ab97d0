// The progress of something that takes its time: a bar that is written over on a terminal, elsewhere a line
// a second at most, when it changes. On standard output; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace fairlead::cli {

// "[######......] text", `part` of it (0 to 1) full, at most `width` wide.
std::string progress_bar(double part, const std::string& text, std::size_t width);

class progress
{
public:
    explicit progress(bool as_json);

    // `json` stands in for the text where JSON is asked for.
    void show(double part, const std::string& text, const std::string& json, bool is_last);

private:
    bool as_json_;
    bool is_bar_;
    std::string shown_;
    std::chrono::steady_clock::time_point shown_at_;
};

} // namespace fairlead::cli
