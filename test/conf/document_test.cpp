#include "conf/document.hpp"

#include "conf/lexical_scan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fairlead::conf {

namespace {

std::string syntax_error_of(std::string text)
{
    const source_file file("t.toml", std::move(text));
    const auto result = parse_document(file);
    if (result.root) {
        return "none";
    }
    return std::to_string(result.error.at.line) + ":" + std::to_string(result.error.at.column) + " " +
           result.error.message;
}

namespace fs = std::filesystem;

struct example
{
    std::string place; // FILE:LINE of its fence
    std::string text;
};

// What stands between ```toml and ```, also where a list indents it.
std::vector<example> examples_in(const fs::path& file)
{
    std::ifstream in(file);
    REQUIRE(in.good());
    std::vector<example> out;
    bool is_inside = false;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const std::string word = line.substr(std::min(line.find_first_not_of(' '), line.size()));
        if (is_inside && word == "```") {
            is_inside = false;
        } else if (is_inside) {
            out.back().text += line + "\n";
        } else if (word == "```toml") {
            is_inside = true;
            out.push_back({file.filename().string() + ":" + std::to_string(number), {}});
        }
    }
    CHECK_FALSE(is_inside);
    return out;
}

std::vector<example> all_examples()
{
    const fs::path root(FAIRLEAD_SOURCE_DIR);
    std::vector<example> out = examples_in(root / "README.md");
    for (const auto& entry : fs::directory_iterator(root / "docs")) {
        if (entry.path().extension() != ".md") continue;
        const auto more = examples_in(entry.path());
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

} // namespace

TEST_CASE("a document keeps the order and the place of every key and value")
{
    const source_file file("t.toml",
                           "z = 1\na = [\"x\", true]\n[t]\nd = 2020-01-01\nf = 1.5\n[[r]]\nk = 1\n[[r]]\n");
    const auto result = parse_document(file);
    REQUIRE(result.root);
    const auto& entries = result.root->entries;
    REQUIRE(entries.size() == 4);
    CHECK(entries[0].key == "z");
    CHECK(entries[0].value.integer == 1);
    CHECK(entries[1].at == text_position{2, 1});
    CHECK(entries[1].value.items[0].text == "x");
    CHECK(entries[1].value.items[1].boolean);
    CHECK(entries[1].value.items[1].at == text_position{2, 11});
    const auto* table = result.root->find("t");
    REQUIRE(table != nullptr);
    CHECK(table->value.find("d")->value.kind == node_kind::date_time);
    CHECK(table->value.find("f")->value.kind == node_kind::real);
    CHECK(table->value.find("x") == nullptr);
    CHECK(result.root->find("r")->value.items[1].at == text_position{8, 1});
}

TEST_CASE("a syntax error says in plain words what is wrong, at the place where it is")
{
    CHECK(syntax_error_of("address = 0.0.0.0:8080") ==
          "1:11 0.0.0.0:8080 is not a TOML value; text needs quotes: \"0.0.0.0:8080\"");
    CHECK(syntax_error_of("a = 30s") == "1:5 30s is not a TOML value; text needs quotes: \"30s\"");
    CHECK(syntax_error_of("a = yes # ok") == "1:5 yes is not a TOML value; text needs quotes: \"yes\"");
    CHECK(syntax_error_of("a = [1, tru]") == "1:9 tru is not a TOML value; text needs quotes: \"tru\"");
    CHECK(syntax_error_of("a == 1") == "1:4 a value is expected here");
    CHECK(syntax_error_of("a = \"x\nb = 1") == "1:5 the string is not closed on its line");
    CHECK(syntax_error_of("a = it's") == "1:5 a value is expected here");
    CHECK(syntax_error_of("a = 1 b = 2") == "1:7 key-value pair: expected the end of the line, saw 'b'");
    CHECK(syntax_error_of("a =") == "1:4 key-value pair: the file ends here");
    CHECK(syntax_error_of("a = 1\na = 2") == "2:1 key-value pair: defined a second time: integer 'a'");
    CHECK(syntax_error_of("[x.a]\n[x.a]") == "2:4 table header: defined a second time: table 'x.a'");
    CHECK(syntax_error_of("a = \"\xff\"") == "1:5 the text is not valid UTF-8");
    CHECK(syntax_error_of("a = " + std::string(100'000, '[')).find("nested too deeply") != std::string::npos);
    CHECK(syntax_error_of("# nothing\r\n") == "none");
    CHECK(syntax_error_of("\xEF\xBB\xBF"
                          "a = 1") == "none");
    CHECK(syntax_error_of("").find("none") == 0);
}

TEST_CASE("a file of one long dotted key costs no stack")
{
    std::string text = "a";
    for (int i = 0; i < 500'000; ++i) {
        text += ".a";
    }
    CHECK(syntax_error_of(text + " = 1").find("is nested too deeply") != std::string::npos);
}

TEST_CASE("every example of the documentation is TOML")
{
    const auto examples = all_examples();
    CHECK(examples.size() >= 9);
    for (const example& each : examples) {
        CAPTURE(each.place);
        CHECK_FALSE(find_lexical_problem(each.text).has_value());
        const document_result read = parse_document({each.place, each.text});
        CHECK_MESSAGE(read.root.has_value(), read.error.at.line, ": ", read.error.message);
    }
}

} // namespace fairlead::conf
