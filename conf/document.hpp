// A TOML file as a tree of values that know where they were written. The only door to toml++.
//
// The tree is neutral: no schema, no defaults. Entries and items are in the order of the file. Nesting is
// bounded (64), so that walking and destroying a tree needs little stack. Pure.
#pragma once

#include "conf/source_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

struct text_position
{
    std::uint32_t line = 0;   // 1-based; 0: none
    std::uint32_t column = 0; // 1-based, in code points

    auto operator<=>(const text_position&) const = default;
};

enum class node_kind : std::uint8_t
{
    text,
    integer,
    real,
    boolean,
    date_time,
    array,
    table
};

struct table_entry;

struct document_node
{
    node_kind kind = node_kind::table;
    text_position at;
    std::string text;                 // of a text
    std::int64_t integer = 0;         // of an integer
    bool boolean = false;             // of a boolean
    std::vector<document_node> items; // of an array
    std::vector<table_entry> entries; // of a table

    const table_entry* find(std::string_view key) const;
};

struct table_entry
{
    std::string key;
    text_position at; // of the key, where it first appears
    document_node value;
};

struct syntax_error
{
    text_position at;
    std::string message;
};

struct document_result
{
    std::optional<document_node> root; // a table
    syntax_error error;                // meaningful when there is no root
};

document_result parse_document(const source_file& file);

// "text", "an integer"..., for messages.
std::string_view kind_text(node_kind kind) noexcept;

} // namespace fairlead::conf
