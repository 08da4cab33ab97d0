// A request for the tests of routing/: owns what a request_key views.
#pragma once

#include "proxy/routing/request_key.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::routing {

class header_list final : public header_lookup
{
public:
    header_list() = default;
    header_list(std::initializer_list<std::pair<std::string, std::string>> fields)
        : fields_(fields)
    {}

    std::optional<std::string_view> next(std::string_view lower_name, std::size_t& from) const override
    {
        while (from < fields_.size()) {
            const auto& [name, value] = fields_[from++];
            if (name == lower_name) return value;
        }
        return std::nullopt;
    }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct request
{
    std::string host{};
    std::string path = "/";
    std::string query{};
    std::string method = "GET";
    bool is_websocket = false;
    header_list headers{};
    const tls::peer_certificate* certificate = nullptr;

    request_key key() const
    {
        return {.host = host,
                .path = path,
                .query = query,
                .method = method,
                .is_websocket = is_websocket,
                .headers = headers,
                .certificate = certificate};
    }
};

} // namespace fairlead::routing
