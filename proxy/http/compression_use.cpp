#include "proxy/http/compression_use.hpp"

namespace fairlead::http {

compression_use::~compression_use()
{
    const gzip_encoder* const used = encoder_.get();
    if (used == nullptr) return;
    cells_->active.sub();
    cells_->input_bytes.add(used->bytes_in());
    cells_->output_bytes.add(used->bytes_out());
}

void compression_use::begin(const conf::compression_options& options, const compression_question& of,
                            gzip_encoders& encoders, metrics::compression_cells& cells,
                            std::string& own_lines)
{
    compression_plan plan = plan_compression(options, of);
    const bool is_head_alone = of.asked.method == method_kind::head;
    if (!plan.skip && !is_head_alone) {
        encoder_ = encoders.take(options.level, options.max_active);
        if (encoder_.get() == nullptr) plan = {metrics::compression_skip::busy, true, false};
    }
    append_plan_lines(own_lines, plan, of);
    if (plan.weakens) dropped_[dropped_count_++] = "ETag";
    if (plan.skip) {
        cells.skipped[*plan.skip].add();
        return;
    }
    // A range would be one of the compressed bytes, which are not the same each time.
    dropped_[dropped_count_++] = "Accept-Ranges";
    changed_ = of.facts;
    (is_head_alone ? changed_->declared : changed_->framing) = {framing_kind::chunked, 0};
    if (is_head_alone) return;
    cells_ = &cells;
    cells.answers.add();
    cells.active.add();
}

} // namespace fairlead::http
