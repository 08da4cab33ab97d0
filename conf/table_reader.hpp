// Reads one TOML table by its rows of the schema: types, ranges, required and unknown keys.
//
// A key that is absent leaves its target as it is; a key that is wrong is reported and leaves it too. So the
// caller reads every key and asks the diagnostics at the end. References must outlive the reader.
#pragma once

#include "conf/diagnostics.hpp"
#include "conf/document.hpp"
#include "conf/known_keys.hpp"
#include "conf/values.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// One text of a list, and where it stands.
struct listed_text
{
    std::string_view text;
    written_at where;
};

class table_reader
{
public:
    struct place
    {
        std::string_view section; // of the schema
        std::string path;         // of the table, for messages: "pool.chat"; "" at the top
        const source_file& file;
        diagnostics& errors;
    };

    // Reports every unknown key, every missing required one, and a node that is not a table.
    table_reader(const document_node& table, place where);

    void read(std::string_view name, bool& target) const;
    void read(std::string_view name, std::uint32_t& target) const;
    void read(std::string_view name, byte_count& target) const;
    void read(std::string_view name, duration& target) const;
    void read(std::string_view name, std::optional<duration>& target) const;
    void read(std::string_view name, std::string& target) const;

    // Of a key that is a flag or something else: reads the flag, or says that it is the other.
    bool read_flag_or(node_kind other, std::string_view name, bool& target) const;

    // The index of the word among the row's choices; nothing when absent or wrong.
    std::optional<std::size_t> choice(std::string_view name) const;

    // The texts of a list, or the single one.
    std::vector<listed_text> texts(std::string_view name) const;

    // The key's node, or null.
    const document_node* find(std::string_view name) const;

    written_at where(std::string_view name) const; // of the key's value, or of the table when it is absent
    written_at where_table() const;
    written_at where_item(std::string_view name, std::size_t index) const;
    source_position position() const { return where_table().position(); }

    void report(std::string_view name, std::string message) const;
    diagnostics& errors() const { return place_.errors; }
    const source_file& file() const { return place_.file; }
    std::string_view section() const { return place_.section; } // of the schema
    std::string path_of(std::string_view name) const;

private:
    void report_unknown(const table_entry& entry) const;
    void report_type(std::string_view name, const document_node& node) const;
    std::optional<std::int64_t> number(std::string_view name, const document_node& node) const;
    std::optional<std::int64_t> number_in_range(std::string_view name) const;

    const document_node& table_;
    place place_;
};

} // namespace fairlead::conf
