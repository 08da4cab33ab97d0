#include "proxy/upstream/name_resolver.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace fairlead::upstream {
namespace {

constexpr std::chrono::seconds refresh_interval{10};

conf::ip_address to_ip(const boost::asio::ip::address& address)
{
    conf::ip_address out;
    out.is_v6 = address.is_v6();
    if (out.is_v6)
        std::ranges::copy(address.to_v6().to_bytes(), out.bytes.begin());
    else
        std::ranges::copy(address.to_v4().to_bytes(), out.bytes.begin());
    return out;
}

bool is_name(const backend& each) { return each.address().what == conf::endpoint::kind::name; }

} // namespace

name_resolver::name_resolver(boost::asio::io_context& io, const backend_registry& backends)
    : backends_(backends)
    , resolver_(io)
    , timer_(io)
{}

void name_resolver::resolve_now()
{
    for (const auto& each : backends_.all()) {
        if (!is_name(*each) || !each->addresses().empty()) continue;
        boost::system::error_code error;
        const results found = resolver_.resolve(each->address().host, "", error);
        if (error)
            spdlog::warn("backend {}: the name does not resolve: {}", each->address().text, error.message());
        else
            publish(*each, found);
    }
}

void name_resolver::start()
{
    timer_.expires_after(refresh_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        refresh();
        start();
    });
}

void name_resolver::refresh()
{
    for (auto& each : backends_.all()) {
        if (!is_name(*each)) continue;
        const std::string& host = each->address().host;
        resolver_.async_resolve(host, "",
                                [each](const boost::system::error_code& error, const results& found) {
                                    if (!error) publish(*each, found);
                                });
    }
}

void name_resolver::publish(backend& to, const results& found)
{
    resolved_set addresses;
    for (const auto& entry : found)
        addresses.push_back(to_ip(entry.endpoint().address()));
    if (!addresses.empty()) to.publish(std::move(addresses));
}

} // namespace fairlead::upstream
