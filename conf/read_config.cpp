#include "conf/read_config.hpp"

#include "conf/config_draft.hpp"
#include "conf/consistency.hpp"
#include "conf/error_page_keys.hpp"
#include "conf/include_pattern.hpp"
#include "conf/npath_section.hpp"
#include "conf/pool_section.hpp"
#include "conf/route_section.hpp"
#include "conf/server_sections.hpp"
#include "conf/source_keys.hpp"
#include "conf/text_hash.hpp"
#include "conf/tls_section.hpp"
#include "conf/websocket_keys.hpp"

#include <algorithm>
#include <deque>
#include <set>

namespace fairlead::conf {

namespace {

// One reading: the files stay open to quoting until it ends.
class config_reader
{
public:
    config_reader(const host_facts& host, config_purpose purpose)
        : purpose_(purpose)
    {
        draft_.host = host;
    }

    // Reads the main file's text and, from its folder, what it includes; no folder, no includes.
    void read_main(std::string name, std::string text, const std::filesystem::path* folder);
    void fail(std::string name, std::string problem)
    {
        errors_.add_for_file(std::move(name), std::move(problem));
    }
    void remember(const std::filesystem::path& file)
    {
        seen_.insert(std::filesystem::weakly_canonical(file, ignored_));
    }

    read_result finish()
    {
        draft_.value.text_hash = hash_.value();
        return {std::move(draft_.value), errors_.take()};
    }

private:
    const document_node* parse(std::string name, std::string text);
    void note_folder(const std::filesystem::path& folder);
    void read_includes(const table_reader& top, const std::filesystem::path* folder);
    void read_included(const std::filesystem::path& file, const written_at& named_at);
    void check_presence(const std::string& name, const document_node& root);
    void check_proxy_presence(const std::string& name, const document_node& root);

    config_purpose purpose_;
    std::deque<source_file> files_; // stable addresses
    std::deque<document_node> roots_;
    std::set<std::filesystem::path> seen_;
    std::error_code ignored_; // a path that cannot be resolved is compared as it is written
    config_draft draft_;
    diagnostics errors_;
    text_hash hash_;
    bool is_complete_ = true; // every file could be parsed
};

const document_node* config_reader::parse(std::string name, std::string text)
{
    hash_.add(text);
    const auto& file = files_.emplace_back(std::move(name), std::move(text));
    errors_.add_file(file.name());
    draft_.value.files.push_back(file.name());
    auto document = parse_document(file);
    if (!document.root) {
        errors_.add({&file, document.error.at, ""}, document.error.message);
        is_complete_ = false;
        return nullptr;
    }
    return &roots_.emplace_back(std::move(*document.root));
}

void config_reader::read_main(std::string name, std::string text, const std::filesystem::path* folder)
{
    const auto* root = parse(std::move(name), std::move(text));
    if (folder != nullptr) {
        note_folder(*folder);
    }
    if (root == nullptr) {
        return;
    }
    const table_reader top(*root, {"", "", files_.back(), errors_});
    read_tls_section(top, draft_); // before listeners: it holds their defaults
    read_listeners(top, draft_);
    read_process_sections(top, draft_);
    read_source_section(top, draft_);
    read_websocket_section(top, draft_);
    read_error_pages(top, draft_.value.error_pages, draft_);
    read_pools(top, draft_);
    read_routes(top, draft_);
    read_npath(top, draft_);
    read_includes(top, folder);
    check_routes(draft_, errors_);
    // A file that could not be read may hold what the others seem to lack.
    if (is_complete_) {
        check_presence(top.file().name(), *root);
        check_references(draft_, errors_);
    }
}

void config_reader::note_folder(const std::filesystem::path& folder)
{
    const auto text = folder.empty() ? std::string(".") : folder.string();
    auto& known = draft_.value.folders;
    if (std::ranges::find(known, text) == known.end()) {
        known.push_back(text);
    }
}

void config_reader::read_includes(const table_reader& top, const std::filesystem::path* folder)
{
    if (folder == nullptr && top.find("include") != nullptr) {
        top.report("include", "there are no other files to include here");
        return;
    }
    for (const auto& item : top.texts("include")) {
        note_folder(folder_of_pattern(*folder, item.text));
        const auto match = find_included(*folder, item.text);
        if (!match.problem.empty()) {
            errors_.add(item.where, match.problem);
        }
        for (const auto& file : match.files) {
            read_included(file, item.where);
        }
    }
}

void config_reader::read_included(const std::filesystem::path& file, const written_at& named_at)
{
    // A file that two patterns name is read once; so is the main file when it lies in an included folder.
    if (!seen_.insert(std::filesystem::weakly_canonical(file, ignored_)).second) {
        return;
    }
    note_folder(file.parent_path());
    auto text = read_text(file);
    if (!text.problem.empty()) {
        errors_.add(named_at, file.string() + " " + text.problem);
        is_complete_ = false;
        return;
    }
    const auto* root = parse(file.string(), std::move(text.text));
    if (root == nullptr) {
        return;
    }
    const table_reader top(*root, {"", "", files_.back(), errors_});
    for (const auto& entry : root->entries) {
        const bool is_foreign = entry.key != "pool" && entry.key != "route";
        if (is_foreign && find_key("", entry.key) != nullptr) {
            errors_.add({&top.file(), entry.at, entry.key},
                        entry.key == "include"
                            ? "an included file cannot include others"
                            : "belongs in the main file; an included one holds routes and pools");
        }
    }
    read_pools(top, draft_);
    read_routes(top, draft_);
}

void config_reader::check_presence(const std::string& name, const document_node& root)
{
    const bool has_npath = root.find("npath") != nullptr;
    switch (purpose_) {
    case config_purpose::proxy:
        check_proxy_presence(name, root);
        if (has_npath && draft_.value.listeners.empty() && draft_.value.pools.empty() &&
            draft_.value.routes.empty()) {
            fail(name, "it holds only [npath.NAME], which is for `fairlead npath`");
        }
        return;
    case config_purpose::npath:
        if (!has_npath) {
            fail(name, "there is no [npath.NAME]: say which address and port to forward to which backends");
        }
        return;
    }
}

void config_reader::check_proxy_presence(const std::string& name, const document_node& root)
{
    if (root.find("listen") == nullptr) {
        fail(name, "there is no [[listen]]: say on which address to listen");
    }
    // One of the wrong kind has its own error, in whichever file it stands.
    const auto is_written = [&](std::string_view key) {
        return std::ranges::any_of(roots_,
                                   [&](const auto& file_root) { return file_root.find(key) != nullptr; });
    };
    if (!is_written("pool")) {
        fail(name, "there is no [pool.NAME]: say which backends to send requests to");
    }
    if (!is_written("route")) {
        fail(name, "there is no [[route]]: say which requests go to which pool");
    }
}

} // namespace

read_result read_config(const std::filesystem::path& file, const host_facts& host, config_purpose purpose)
{
    config_reader reader(host, purpose);
    auto text = read_text(file);
    if (!text.problem.empty()) {
        reader.fail(file.string(), text.problem);
        return reader.finish();
    }
    const auto folder = file.parent_path();
    reader.remember(file);
    reader.read_main(file.string(), std::move(text.text), &folder);
    return reader.finish();
}

read_result read_config_text(std::string_view text, std::string_view name, const host_facts& host,
                             config_purpose purpose)
{
    config_reader reader(host, purpose);
    if (text.size() > source_file::max_bytes) {
        reader.fail(std::string(name), "is larger than 16 MiB");
        return reader.finish();
    }
    reader.read_main(std::string(name), std::string(text), nullptr);
    return reader.finish();
}

} // namespace fairlead::conf
