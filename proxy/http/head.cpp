#include "proxy/http/head.hpp"

#include "proxy/http/field_syntax.hpp"

#include <algorithm>
#include <cassert>

namespace fairlead::http {

field head::operator[](std::size_t index) const
{
    const slot& s = slots_[index];
    return {text(s.name), text(s.value), s.id};
}

std::optional<std::string_view> head::find(std::string_view name) const
{
    std::size_t from = 0;
    return find_next(name, from);
}

std::optional<std::string_view> head::find_next(std::string_view name, std::size_t& from) const
{
    while (from < slots_.size()) {
        const slot& s = slots_[from++];
        if (equal_ignoring_case(text(s.name), name)) return text(s.value);
    }
    return std::nullopt;
}

std::optional<std::string_view> head::find(field_id id) const
{
    if (count(id) == 0) return std::nullopt;
    const auto found = std::find_if(slots_.begin(), slots_.end(), [id](const slot& s) { return s.id == id; });
    return text(found->value);
}

void head::start(const char* base)
{
    base_ = base;
    method_ = target_ = reason_ = {};
    status_ = 0;
    version_minor_ = 1;
    counts_.fill(0);
    slots_.clear();
}

void head::set_request_line(std::string_view method, std::string_view target, unsigned version_minor)
{
    method_ = locate(method);
    target_ = locate(target);
    version_minor_ = static_cast<std::uint8_t>(version_minor);
}

void head::set_status_line(unsigned status, std::string_view reason, unsigned version_minor)
{
    status_ = static_cast<std::uint16_t>(status);
    reason_ = locate(reason);
    version_minor_ = static_cast<std::uint8_t>(version_minor);
}

void head::add_field(field_id id, std::string_view name, std::string_view value)
{
    ++counts_[static_cast<std::size_t>(id)];
    slots_.push_back({locate(name), locate(value), id});
}

head::span head::locate(std::string_view part) const
{
    if (part.empty()) return {}; // its data() may be null
    assert(part.data() >= base_ && part.data() + part.size() <= base_ + 0xffff);
    return {static_cast<std::uint16_t>(part.data() - base_), static_cast<std::uint16_t>(part.size())};
}

} // namespace fairlead::http
