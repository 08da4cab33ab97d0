#include "proxy/upstream/name_resolver.hpp"

#include "proxy/net/address.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <netdb.h>

namespace fairlead::upstream {
namespace {

constexpr std::chrono::seconds refresh_interval{10};

using backend_list = std::vector<std::shared_ptr<backend>>;

backend_list named_backends(const backend_registry& registry)
{
    backend_list out;
    for (auto& each : registry.all()) {
        if (each->address().what == conf::endpoint::kind::name) out.push_back(std::move(each));
    }
    std::ranges::stable_sort(out, {},
                             [](const auto& each) { return std::string_view(each->address().host); });
    return out;
}

std::optional<conf::ip_address> to_ip(const addrinfo& entry)
{
    net::socket_address address;
    address.size = std::min<socklen_t>(entry.ai_addrlen, sizeof address.storage);
    std::memcpy(&address.storage, entry.ai_addr, address.size);
    return net::ip_of(address);
}

// Backends of one name, which differ by their ports or pools, share one look-up.
// False: it has none, or they cannot be asked for.
bool resolve(std::span<const std::shared_ptr<backend>> same_host, const std::atomic<bool>& is_abandoned)
{
    const backend& first = *same_host.front();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(first.address().host.c_str(), nullptr, &hints, &found);
    if (is_abandoned) {
        if (failed == 0) ::freeaddrinfo(found);
        return true;
    }
    if (failed != 0) {
        spdlog::warn("backend {}: the name does not resolve: {}", first.address().text,
                     ::gai_strerror(failed));
        return false;
    }
    resolved_set addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (const auto ip = to_ip(*entry)) addresses.push_back(*ip);
    }
    ::freeaddrinfo(found);
    if (addresses.empty()) return false;
    for (const auto& each : same_host)
        each->publish(addresses);
    return true;
}

} // namespace

// What the resolver and the thread of a round share; the thread may be the last to hold it.
struct name_resolver::round
{
    static void begin(const std::shared_ptr<round>& self, backend_list names)
    {
        const std::lock_guard hold(self->mutex);
        if (self->is_running) {
            self->waiting = std::move(names);
            return;
        }
        self->is_running = true;
        std::thread([self, first = std::move(names)] { self->run(first); }).detach();
    }

    void run(backend_list names)
    {
        for (;;) {
            for (auto at = names.begin(); at != names.end() && !is_abandoned;) {
                const auto other = std::find_if(at, names.end(), [&](const auto& each) {
                    return each->address().host != (*at)->address().host;
                });
                if (!resolve({at, other}, is_abandoned)) ++failures;
                at = other;
            }
            const std::lock_guard hold(mutex);
            names = std::exchange(waiting, {});
            if (!names.empty() && !is_abandoned) continue;
            is_running = false;
            ended.notify_all();
            return;
        }
    }

    std::mutex mutex;
    std::condition_variable ended;
    backend_list waiting; // the next round's
    std::atomic<std::uint64_t> failures = 0;
    std::atomic<bool> is_abandoned = false; // the process ends: touch nothing of it any more
    bool is_running = false;
};

name_resolver::name_resolver(boost::asio::io_context& io, const backend_registry& backends)
    : backends_(backends)
    , round_(std::make_shared<round>())
    , timer_(io)
{}

name_resolver::~name_resolver() { round_->is_abandoned = true; }

std::uint64_t name_resolver::failures() const noexcept { return round_->failures; }

void name_resolver::resolve_soon()
{
    backend_list names = named_backends(backends_);
    if (!names.empty()) round::begin(round_, std::move(names));
}

void name_resolver::wait(std::chrono::milliseconds longest)
{
    std::unique_lock hold(round_->mutex);
    round_->ended.wait_for(hold, longest, [this] { return !round_->is_running; });
}

void name_resolver::start()
{
    timer_.expires_after(refresh_interval);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        resolve_soon();
        start();
    });
}

} // namespace fairlead::upstream
