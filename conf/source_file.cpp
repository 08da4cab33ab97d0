#include "conf/source_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace fairlead::conf {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string problem_text(std::string_view what)
{
    return std::string(what) + ": " + std::generic_category().message(errno);
}

read_text_result read_descriptor(int descriptor)
{
    struct stat status = {};
    if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
        return {.text = "", .problem = "is a directory"};
    }
    read_text_result result;
    std::array<char, 64 * 1024> piece;
    while (result.text.size() <= source_file::max_bytes) {
        const auto count = read(descriptor, piece.data(), piece.size());
        if (count < 0 && errno != EINTR) {
            return {.text = "", .problem = problem_text("cannot be read")};
        }
        if (count == 0) {
            return result;
        }
        result.text.append(piece.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    return {.text = "", .problem = "is larger than 16 MiB"};
}

} // namespace

source_file::source_file(std::string name, std::string text)
    : name_(std::move(name))
    , text_(std::move(text))
{
    if (text_.starts_with(byte_order_mark)) {
        text_.erase(0, byte_order_mark.size());
    }
    line_starts_.push_back(0);
    for (auto end = text_.find('\n'); end != text_.npos; end = text_.find('\n', end + 1)) {
        line_starts_.push_back(end + 1);
    }
}

std::string_view source_file::line(std::uint32_t number) const
{
    if (number == 0 || number > line_starts_.size()) {
        return {};
    }
    const auto start = line_starts_[number - 1];
    const auto end = number == line_starts_.size() ? text_.size() : line_starts_[number] - 1;
    auto line = std::string_view(text_).substr(start, end - start);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

read_text_result read_text(const std::filesystem::path& file)
{
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return {.text = "", .problem = problem_text("cannot be opened")};
    }
    auto result = read_descriptor(descriptor);
    close(descriptor);
    return result;
}

} // namespace fairlead::conf
