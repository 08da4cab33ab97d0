#include "proxy/discovery/member_source.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace fairlead::discovery {
namespace {

std::string text_of(const conf::discover_options& options)
{
    const std::string from(conf::word_of(options.from));
    return from + " " + (options.from == conf::member_origin::file ? options.file : options.name);
}

} // namespace

member_source::member_source(std::string pool, conf::discover_options options, std::function<void()> changed)
    : pool_(std::move(pool))
    , options_(std::move(options))
    , changed_(std::move(changed))
{}

void member_source::take(look_result found)
{
    ++looks_;
    const bool is_new = found.members && (!members_ || *members_ != *found.members);
    if (found.members) members_ = std::move(found.members);
    if (found.failure) {
        ++failures_[static_cast<std::size_t>(*found.failure)];
        tell_failure(found);
    } else {
        last_good_ = std::chrono::system_clock::now();
        if (std::exchange(failing_, std::nullopt))
            spdlog::info("pool {}: {} answers again, with {} members", pool_, text_of(options_),
                         members_->size());
    }
    if (is_new && changed_) changed_();
}

void member_source::tell_failure(const look_result& of)
{
    if (std::exchange(failing_, of.failure) == of.failure) return;
    if (members_)
        spdlog::warn("pool {}: {}: {}: the {} members known last stay", pool_, text_of(options_), of.problem,
                     members_->size());
    else
        spdlog::warn("pool {}: {}: {}: no members are known yet", pool_, text_of(options_), of.problem);
}

} // namespace fairlead::discovery
