#include "conf/hedge_keys.hpp"

#include "conf/health_keys.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace fairlead::conf {

namespace {

constexpr duration longest_wait{3'600'000};

bool is_number(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void read_wait(const table_reader& table, hedge_options& hedge)
{
    std::string text;
    table.read("after", text);
    const auto* written = table.find("after");
    if (written == nullptr || written->kind != node_kind::text) {
        return; // said already
    }
    if (const auto quantile = parse_quantile(text)) {
        hedge.per_mille = *quantile;
        return;
    }
    const auto wait = parse_duration(text);
    if (wait && wait->count() > 0 && *wait <= longest_wait) {
        hedge.after = *wait;
        return;
    }
    table.report("after", in_quotes(text) + " is not a time to wait; one is " +
                              range_text(*find_key("pool.NAME.hedge", "after")));
}

void refuse_what_has_no_use(const table_reader& table, const hedge_options& hedge)
{
    if (hedge.max_share == 0) {
        table.report("max_share", "is nothing; leave `hedge` out to ask nobody twice");
    }
    if (hedge.after.count() != 0 && table.find("at_least") != nullptr) {
        table.report("at_least", "bounds a quantile such as \"p95\"; `after` is a time and needs none");
    }
}

} // namespace

std::optional<std::uint32_t> parse_quantile(std::string_view text)
{
    constexpr std::uint32_t least = 500;
    constexpr std::size_t digits = 2; // of the per cent
    if (!text.starts_with('p')) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    std::string number(text.substr(0, digits));
    if (text.size() == digits) {
        number += '0';
    } else if (text.size() == digits + 2 && text[digits] == '.') {
        number += text[digits + 1];
    }
    if (number.size() != digits + 1 || !is_number(number)) {
        return std::nullopt;
    }
    std::uint32_t out = 0;
    std::from_chars(number.data(), number.data() + number.size(), out);
    return out < least ? std::nullopt : std::optional(out);
}

void read_hedge(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("hedge");
    if (node == nullptr) {
        return;
    }
    const table_reader table(
        *node, {"pool.NAME.hedge", pool_table.path_of("hedge"), pool_table.file(), pool_table.errors()});
    if (node->kind != node_kind::table) {
        return;
    }
    hedge_options hedge;
    read_wait(table, hedge);
    table.read("at_least", hedge.at_least);
    read_percent(table, "max_share", hedge.max_share);
    table.read("idempotent", hedge.idempotent);
    refuse_what_has_no_use(table, hedge);
    if (pool.retry && hedge.max_share > pool.retry->budget) {
        table.report("max_share", "is more than retry.budget, which is " +
                                      std::to_string(pool.retry->budget) +
                                      "% and bounds both together; lower the one or raise the other");
    }
    if (pool_table.find("sticky") != nullptr) {
        pool_table.report("hedge", "asks another backend than the one that `sticky` names; use one of them");
    }
    pool.hedge = hedge;
}

} // namespace fairlead::conf
