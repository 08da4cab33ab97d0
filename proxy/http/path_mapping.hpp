// From what a backend calls a place back to what its client calls it: the reverse of strip_prefix and
// add_prefix, for Location, Content-Location, Refresh and the Path of cookies.
//
//   client  /chat/rooms ── strip "/chat" ──► /rooms ── add "/v2" ──► /v2/rooms  backend
//           /chat/rooms ◄──────────────── mapped back ─────────────── /v2/rooms
//
// A reference is mapped when it has a path from the root, and is of the backend: without an authority, with
// that of the client (which stays) or with the backend's own (which goes, as the client cannot use it). A
// path that is not below add_prefix has no name for the client and stays as it is, as do references to other
// hosts, those relative to the request's own path, and paths that readers resolve differently.
// Pure text over borrowed bytes. Thread: any. RFC 3986 4.2, 5; RFC 9110 10.2.2, 8.7; RFC 6265 4.1.2.4.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

// Whether the prefix, which has no final '/', is all of the path or ends at one of its segments' ends.
bool is_below(std::string_view path, std::string_view prefix);

struct path_mapping
{
    std::string_view stripped;                         // what this request's path lost; "/a" or empty
    std::string_view added;                            // what it got in its place; "/a" or empty
    std::string_view client_authority;                 // Host as the client sent it
    std::string_view backend_scheme = "http";          // how the backend was asked
    std::array<std::string_view, 2> backend_authority; // its address, and the Host that it was sent
};

// All of these: nothing when what the backend wrote stays as it is.
std::optional<std::string> map_path(const path_mapping& how, std::string_view path);
std::optional<std::string> map_reference(const path_mapping& how, std::string_view reference);
std::optional<std::string> map_refresh(const path_mapping& how, std::string_view value);
std::optional<std::string> map_cookie(const path_mapping& how, std::string_view set_cookie);

} // namespace fairlead::http
