#include "proxy/credentials/certificate_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace fairlead::credentials {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

std::string path_if_there(const fs::path& path) { return is_file(path) ? path.string() : std::string(); }

std::vector<fs::path> entries_of(const fs::path& folder, std::error_code& error)
{
    std::vector<fs::path> out;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (!at->path().filename().string().starts_with('.')) out.push_back(at->path());
    }
    std::ranges::sort(out);
    return out;
}

// Of a file that is a chain by its name.
std::optional<conf::certificate_files> by_extension(const fs::path& chain)
{
    if (chain.extension() != ".crt" && chain.extension() != ".pem") return std::nullopt;
    const auto beside = [&](const char* extension) { return fs::path(chain).replace_extension(extension); };
    // Of two spellings of one name the first is it.
    if (chain.extension() == ".pem" && is_file(beside(".crt"))) return std::nullopt;
    return conf::certificate_files{
        chain.string(), path_if_there(beside(".key")), path_if_there(beside(".ocsp")), {}};
}

std::optional<conf::certificate_files> of_subfolder(const fs::path& folder)
{
    if (is_file(folder / "fullchain.pem"))
        return conf::certificate_files{(folder / "fullchain.pem").string(),
                                       path_if_there(folder / "privkey.pem"),
                                       path_if_there(folder / "ocsp.der"),
                                       {}};
    if (is_file(folder / "tls.crt"))
        return conf::certificate_files{(folder / "tls.crt").string(),
                                       path_if_there(folder / "tls.key"),
                                       path_if_there(folder / "tls.ocsp"),
                                       {}};
    return std::nullopt;
}

} // namespace

folder_content list_certificates(const std::string& folder)
{
    folder_content out;
    out.folders.push_back(folder);
    std::error_code error;
    const auto entries = entries_of(folder, error);
    if (error) {
        out.problem = folder + ": " + error.message();
        return out;
    }
    for (const fs::path& each : entries) {
        std::error_code ignored;
        const bool is_folder = fs::is_directory(each, ignored);
        if (is_folder) out.folders.push_back(each.string());
        if (!is_folder && !is_file(each)) continue;
        if (auto found = is_folder ? of_subfolder(each) : by_extension(each))
            out.certificates.push_back(std::move(*found));
    }
    return out;
}

} // namespace fairlead::credentials
