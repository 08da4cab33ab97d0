// Where one pool's members come from: what it named last, and how its looks went.
//
// A look that fails leaves the last good list in place, however long. Each change between good and bad is a
// line in the log, and a failure of another kind is, too. Subclasses look: once begin() was called, whenever
// they find reason to. Lifetime: of the pool's `discover` as it is written; another text is another source.
// Thread: the main thread's.
#pragma once

#include "conf/discover_options.hpp"
#include "proxy/discovery/look_result.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace fairlead::discovery {

class member_source
{
public:
    // `changed` is called when the list is another than before.
    member_source(std::string pool, conf::discover_options options, std::function<void()> changed);
    member_source(const member_source&) = delete;
    member_source& operator=(const member_source&) = delete;
    virtual ~member_source() = default;

    virtual void begin() = 0;       // looks, and goes on looking
    virtual void look_at_files() {} // something changed where files are
    virtual bool has_looked() const { return looks_ != 0; }

    const std::string& pool() const noexcept { return pool_; }
    const conf::discover_options& options() const noexcept { return options_; }
    const member_list* members() const noexcept { return members_ ? &*members_ : nullptr; } // null: none yet
    const failure_counts& failures() const noexcept { return failures_; }
    // Nothing: no look was good yet.
    std::optional<std::chrono::system_clock::time_point> last_good() const noexcept { return last_good_; }

protected:
    void take(look_result found);

private:
    void tell_failure(const look_result& of);

    const std::string pool_;
    const conf::discover_options options_;
    std::function<void()> changed_;
    std::optional<member_list> members_;
    std::uint64_t looks_ = 0;
    failure_counts failures_{};
    std::optional<look_failure> failing_; // since the last good look
    std::optional<std::chrono::system_clock::time_point> last_good_;
};

} // namespace fairlead::discovery
