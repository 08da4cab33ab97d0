// The compression of one answer, from the plan to what is counted of it at its end.
//
// Does nothing until begin(). Lifetime: shorter than the worker's encoders and cells. Thread: the worker's.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/http/compression_rules.hpp"
#include "proxy/http/gzip_encoder.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::http {

class compression_use
{
public:
    compression_use() = default;
    compression_use(const compression_use&) = delete;
    compression_use& operator=(const compression_use&) = delete;
    ~compression_use();

    // Appends the lines that the head gets more.
    void begin(const conf::compression_options& options, const compression_question& of,
               gzip_encoders& encoders, metrics::compression_cells& cells, std::string& own_lines);

    // How the answer goes out.
    const response_facts& facts_or(const response_facts& as_it_came) const noexcept
    {
        return changed_ ? *changed_ : as_it_came;
    }
    std::span<const std::string_view> dropped() const noexcept { return {dropped_.data(), dropped_count_}; }
    gzip_encoder* encoder() const noexcept { return encoder_.get(); } // null: the body goes as it came

private:
    gzip_encoders::lease encoder_;
    metrics::compression_cells* cells_ = nullptr;
    std::optional<response_facts> changed_;
    std::array<std::string_view, 2> dropped_; // fields of the answer
    std::size_t dropped_count_ = 0;
};

} // namespace fairlead::http
