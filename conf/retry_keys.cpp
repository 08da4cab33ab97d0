#include "conf/retry_keys.hpp"

#include "conf/health_keys.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace fairlead::conf {

namespace {

bool is_failure(const status_range& range)
{
    constexpr std::uint16_t least = 400;
    return range.first >= least;
}

// "reset", "timeout" and statuses, in any order.
void read_conditions(const table_reader& table, retry_options& retry)
{
    if (table.find("on") == nullptr) {
        return;
    }
    retry.on_reset = false;
    const auto items = table.texts("on");
    for (const auto& item : items) {
        if (item.text == "reset") {
            retry.on_reset = true;
        } else if (item.text == "timeout") {
            retry.on_timeout = true;
        } else if (const auto ranges = parse_statuses(item.text);
                   ranges && std::ranges::all_of(*ranges, is_failure)) {
            retry.statuses.insert(retry.statuses.end(), ranges->begin(), ranges->end());
        } else {
            table.errors().add(item.where, in_quotes(item.text) +
                                               " is not a reason to try again; one is \"reset\", \"timeout\" "
                                               "or statuses from 400 on, such as \"502-504\"");
        }
    }
    if (items.empty()) {
        table.report("on", "names no reason; leave `retry` out to try nothing again");
    }
}

void refuse_what_has_no_use(const table_reader& table, const retry_options& retry)
{
    if (retry.try_timeout.count() != 0 && !retry.on_timeout) {
        table.report("try_timeout", "only cuts attempts short without \"timeout\" in `on`; add it there");
    }
    if (retry.budget == 0) {
        table.report("budget", "is nothing; leave `retry` out to try nothing again");
    }
}

} // namespace

void read_retry(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("retry");
    if (node == nullptr) {
        return;
    }
    const table_reader table(
        *node, {"pool.NAME.retry", pool_table.path_of("retry"), pool_table.file(), pool_table.errors()});
    if (node->kind != node_kind::table) {
        return;
    }
    retry_options retry;
    read_conditions(table, retry);
    table.read("attempts", retry.attempts);
    table.read("try_timeout", retry.try_timeout);
    read_percent(table, "budget", retry.budget);
    table.read("non_idempotent", retry.non_idempotent);
    refuse_what_has_no_use(table, retry);
    pool.retry = std::move(retry);
}

} // namespace fairlead::conf
