#include "proxy/cli/top_frame.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace fairlead::cli {
namespace {

constexpr std::size_t head_lines = 4; // title, totals, an empty one, and the keys at the bottom
constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();
constexpr std::string_view keys =
    "q quit   Tab routes, backends, connections   < > sort by   r reverse   space pause";

std::string coloured(const std::string& text, std::string_view code, bool with_colours)
{
    return with_colours && !text.empty() ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::size_t sort_column(const top_table& table, const top_view& view)
{
    const std::size_t found = table.find(view.sort_by);
    return found < table.columns.size()                   ? found
           : table.find("tunnels") < table.columns.size() ? table.find("tunnels")
                                                          : table.find("bytes/s");
}

top_subject after(top_subject subject)
{
    switch (subject) {
    case top_subject::routes: return top_subject::backends;
    case top_subject::backends: return top_subject::connections;
    case top_subject::connections: return top_subject::routes;
    }
    return top_subject::routes;
}

// A backend that takes nothing new stands out.
bool is_alarming(const top_table& table, std::size_t row)
{
    const std::size_t state = table.find("state");
    return state < table.columns.size() && row < table.rows.size() && table.rows[row][state].text != "up";
}

} // namespace

top_table table_of(const top_reading& reading, const top_view& view)
{
    top_table out;
    switch (view.subject) {
    case top_subject::routes: out = route_rows(reading.before, reading.now); break;
    case top_subject::backends: out = backend_rows(reading.before, reading.now); break;
    case top_subject::connections: out = connection_rows(reading.before, reading.now); break;
    }
    out.sort(sort_column(out, view), view.reversed);
    return out;
}

void press(top_view& view, std::string_view key, const top_table& shown, std::size_t page)
{
    const std::size_t last = shown.rows.empty() ? 0 : shown.rows.size() - 1;
    const auto step_sort = [&](std::size_t by) {
        view.sort_by = shown.columns[(sort_column(shown, view) + by) % shown.columns.size()].title;
        view.first_row = 0;
    };
    if (key == "q" || key == "Q") view.wants_end = true;
    if (key == ">") step_sort(1);
    if (key == "<") step_sort(shown.columns.size() - 1);
    if (key == "r") view.reversed = !view.reversed;
    if (key == " ") view.paused = !view.paused;
    if (key == "\x1b[B") view.first_row = std::min(view.first_row + 1, last);
    if (key == "\x1b[A") view.first_row -= std::min<std::size_t>(view.first_row, 1);
    if (key == "\x1b[6~") view.first_row = std::min(view.first_row + page, last);
    if (key == "\x1b[5~") view.first_row -= std::min(view.first_row, page);
    if (key == "\t") {
        view.subject = after(view.subject);
        view.first_row = 0;
        view.sort_by.clear();
        view.reversed = false;
    }
}

std::vector<std::string> top_frame(const top_reading& reading, const top_view& view, std::string_view admin,
                                   screen_size screen, bool with_colours)
{
    const top_table table = table_of(reading, view);
    const std::size_t first = std::min(view.first_row, table.rows.empty() ? 0 : table.rows.size() - 1);
    const std::size_t most = screen.height > head_lines ? screen.height - head_lines : 1;
    const auto line = [&](const std::string& text, std::string_view code) {
        return coloured(cut(text, screen.width), code, with_colours);
    };
    std::vector<std::string> out{line(title_line(reading.now, admin) + (view.paused ? ", paused" : ""), "1"),
                                 reading.problem.empty() ? line(total_line(reading.before, reading.now), "0")
                                                         : line(reading.problem, "31"),
                                 {}};
    const auto rows = table.lines(sort_column(table, view), first, most, screen.width);
    for (std::size_t at = 0; at < rows.size(); ++at) {
        const bool is_title = at == 0;
        out.push_back(is_title                             ? line(rows[at], "7")
                      : is_alarming(table, first + at - 1) ? line(rows[at], "31")
                                                           : rows[at]);
    }
    out.resize(std::max(out.size(), screen.height - 1));
    out.push_back(line(std::string(keys), "2"));
    if (out.size() > screen.height) out.resize(screen.height);
    return out;
}

std::string top_text(const top_reading& reading, const top_view& view, std::string_view admin)
{
    const top_table table = table_of(reading, view);
    std::string out = title_line(reading.now, admin) + "\n" +
                      (reading.problem.empty() ? total_line(reading.before, reading.now) : reading.problem) +
                      "\n\n";
    for (const auto& line : table.lines(sort_column(table, view), 0, no_end, no_end))
        out += line + "\n";
    return out;
}

std::string top_json(const top_reading& reading, const top_view& view)
{
    boost::json::object out;
    out["lifecycle"] = reading.now.lifecycle;
    out["generation"] = reading.now.generation;
    out["tunnels"] = reading.now.all.tunnels;
    if (!reading.problem.empty()) out["error"] = reading.problem;
    const top_table table = table_of(reading, view);
    boost::json::array rows;
    for (const auto& row : table.rows) {
        boost::json::object one;
        for (std::size_t at = 0; at < row.size(); ++at) {
            const auto& column = table.columns[at];
            std::string name = column.title;
            for (const auto& [sign, word] : {std::pair{"/s", "_per_second"}, std::pair{" ms", "_ms"}}) {
                if (const std::size_t found = name.find(sign); found != name.npos)
                    name.replace(found, std::string_view(sign).size(), word);
            }
            if (column.unit == top_unit::text)
                one[name] = row[at].text;
            else
                one[name] = row[at].value;
        }
        rows.push_back(std::move(one));
    }
    out[table.name] = std::move(rows);
    return boost::json::serialize(out) + "\n";
}

} // namespace fairlead::cli
