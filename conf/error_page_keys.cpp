#include "conf/error_page_keys.hpp"

#include "conf/health_keys.hpp"
#include "conf/http_syntax.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_page = 64UL * 1024;
constexpr std::uint16_t least = 400;
constexpr std::uint16_t most = 599;

bool is_error(const status_range& range) { return least <= range.first && range.last <= most; }

// "404", "5xx" or "default"; nothing for another key.
std::optional<status_range> statuses_of(std::string_view key)
{
    if (key == "default") return status_range{least, most};
    if (key == "4xx") return status_range{400, 499};
    if (key == "5xx") return status_range{500, 599};
    const auto ranges = key.size() == 3 ? parse_statuses(key) : std::nullopt;
    const bool is_one = ranges && ranges->size() == 1 && is_error(ranges->front());
    return is_one ? std::optional(ranges->front()) : std::nullopt;
}

std::optional<page_kind> kind_of(const std::filesystem::path& file)
{
    const auto extension = to_lower(file.extension().string());
    if (extension == ".html" || extension == ".htm") return page_kind::html;
    if (extension == ".json") return page_kind::json;
    if (extension == ".txt") return page_kind::text;
    return std::nullopt;
}

class page_reader
{
public:
    page_reader(const table_reader& owner, error_page_options& target, std::vector<std::string>& files)
        : owner_(owner)
        , target_(target)
        , files_(files)
    {}

    void read(const table_entry& entry, const status_range& statuses) const
    {
        const written_at place{&owner_.file(), entry.value.at,
                               owner_.path_of("error_pages") + "." + entry.key};
        if (entry.value.kind != node_kind::text || entry.value.text.empty()) {
            owner_.errors().add(place, "wants the name of a file in quotes");
            return;
        }
        const auto file = std::filesystem::path(owner_.file().name()).parent_path() / entry.value.text;
        const auto kind = kind_of(file);
        if (!kind) {
            owner_.errors().add(place,
                                in_quotes(entry.value.text) +
                                    " does not tell what it holds; its name ends in .html, .json or .txt");
            return;
        }
        if (std::ranges::find(files_, file.string()) == files_.end()) files_.push_back(file.string());
        auto content = read_text(file);
        if (!content.problem.empty()) {
            owner_.errors().add(place, in_quotes(entry.value.text) + " " + content.problem);
        } else if (content.text.size() > longest_page) {
            owner_.errors().add(place, in_quotes(entry.value.text) + " is larger than 64 KiB");
        } else {
            target_.pages.push_back({statuses, *kind, std::move(content.text)});
        }
    }

private:
    const table_reader& owner_;
    error_page_options& target_;
    std::vector<std::string>& files_;
};

void read_intercepted(const table_reader& table, error_page_options& target)
{
    if (table.find("intercept") == nullptr) return;
    auto& intercepted = target.intercept.emplace(); // of a route, an empty list is none of those above
    for (const auto& item : table.texts("intercept")) {
        const auto ranges = parse_statuses(item.text);
        if (ranges && std::ranges::all_of(*ranges, is_error))
            intercepted.insert(intercepted.end(), ranges->begin(), ranges->end());
        else
            table.errors().add(item.where, in_quotes(item.text) +
                                               " is not statuses from 400 on, such as \"404, 500-599\"");
    }
}

} // namespace

void read_error_pages(const table_reader& owner, error_page_options& target, config_draft& draft)
{
    const auto* node = owner.find("error_pages");
    if (node == nullptr || node->kind != node_kind::table) return;
    const page_reader pages(owner, target, draft.value.files);
    document_node rest = *node; // what the schema has by name
    std::erase_if(rest.entries, [](const table_entry& entry) { return statuses_of(entry.key).has_value(); });
    const table_reader table(rest,
                             {"error_pages", owner.path_of("error_pages"), owner.file(), owner.errors()});
    for (const auto& entry : node->entries) {
        if (const auto statuses = statuses_of(entry.key)) pages.read(entry, *statuses);
    }
    std::ranges::stable_sort(target.pages, {},
                             [](const error_page& each) { return each.statuses.last - each.statuses.first; });
    read_intercepted(table, target);
}

} // namespace fairlead::conf
