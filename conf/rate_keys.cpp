#include "conf/rate_keys.hpp"

#include <cmath>
#include <string>

namespace fairlead::conf {

void read_rate(const table_reader& table, const rate_names& names, rate_limit& target)
{
    std::string text;
    table.read(names.rate, text);
    const auto* written = table.find(names.rate);
    if (written != nullptr && written->kind == node_kind::text) {
        const auto rate = parse_rate(text);
        if (!rate) {
            table.report(names.rate, in_quotes(text) + " is not a rate; one is " +
                                         range_text(*find_key(table.section(), names.rate)) +
                                         ", up to 1000000000 a second");
            return;
        }
        target.per_second = *rate;
        target.burst = static_cast<std::uint64_t>(std::ceil(*rate));
    }
    byte_count burst = target.burst;
    table.read(names.burst, burst);
    if (table.find(names.burst) != nullptr && target.per_second == 0) {
        table.report(names.burst, "has no use without " + std::string(names.rate));
    }
    target.burst = burst;
}

} // namespace fairlead::conf
