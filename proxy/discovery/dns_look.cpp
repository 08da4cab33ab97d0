#include "proxy/discovery/dns_look.hpp"

#include "proxy/discovery/service_members.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace fairlead::discovery {
namespace {

// So that a second name server has its turn within the timeout.
constexpr int tries_in_timeout = 4;
constexpr std::chrono::milliseconds least_try{50};

dns_channel_options channel_options(const conf::discover_options& of)
{
    dns_channel_options out;
    out.resolvers = of.resolvers;
    out.try_timeout = std::max(least_try, of.timeout / tries_in_timeout);
    return out;
}

look_result failed(look_failure why, const std::string& name)
{
    look_result out;
    out.failure = why;
    out.problem = name + ": " + std::string(word_of(why));
    return out;
}

conf::endpoint endpoint_of(const conf::ip_address& ip, std::uint16_t port)
{
    const std::string host = conf::to_string(ip);
    return *conf::parse_endpoint((ip.is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port));
}

template <class Value>
dns_reply<Value> read_reply(int status, const std::vector<unsigned char>& answer,
                            const std::function<dns_reply<Value>(std::span<const unsigned char>)>& read)
{
    if (const auto failure = failure_of(status)) {
        dns_reply<Value> out;
        out.failure = failure;
        return out;
    }
    return read(answer);
}

} // namespace

dns_look::dns_look(net::asio::io_context& io, const conf::discover_options& options, name_memories& memory,
                   std::function<void(look_result)> done)
    : options_(options)
    , memory_(memory)
    , done_(std::move(done))
    , deadline_(io)
    , channel_(io, channel_options(options))
{
    deadline_.expires_after(options.timeout);
    deadline_.async_wait([this](const net::error_code& error) {
        if (!error) channel_.cancel();
    });
    if (options.from == conf::member_origin::dns) {
        services_.push_back({options.name, options.port, 0, 1});
        add_names();
        return;
    }
    channel_.ask(options.name, record_kind::srv,
                 [this](int status, const std::vector<unsigned char>& answer) {
                     take_services(read_reply<service_record>(status, answer, [&](auto bytes) {
                         return read_services(bytes, options_.max_members);
                     }));
                 });
}

void dns_look::take_services(service_reply reply)
{
    if (reply.failure) {
        end_with(failed(*reply.failure, options_.name));
        return;
    }
    services_ = std::move(reply.found.values);
    ttl_ = reply.found.ttl;
    rank_services(services_);
    add_names();
}

void dns_look::add_names()
{
    std::set<std::string> names;
    for (const service_record& each : services_)
        names.insert(each.target);
    for (const std::string& each : names)
        names_.push_back({each, {}, {}});
    ask_more();
}

void dns_look::ask_more()
{
    for (; next_question_ < names_.size() * 2 && under_way_ < questions_at_once; ++next_question_)
        ask_for(next_question_ / 2, next_question_ % 2 != 0);
}

void dns_look::ask_for(std::size_t name, bool is_v6)
{
    ++under_way_;
    const auto kind = is_v6 ? record_kind::aaaa : record_kind::a;
    channel_.ask(names_[name].name, kind, [=, this](int status, const std::vector<unsigned char>& answer) {
        (is_v6 ? names_[name].v6 : names_[name].v4) = read_reply<conf::ip_address>(
            status, answer, [&](auto bytes) { return read_addresses(bytes, is_v6, options_.max_members); });
        --under_way_;
        ask_more();
        if (under_way_ == 0) end_with(settle());
    });
}

// The last that is done here: this may be gone behind it.
void dns_look::end_with(look_result found)
{
    deadline_.cancel();
    const auto done = std::move(done_);
    done(std::move(found));
}

look_result dns_look::settle()
{
    std::map<std::string, name_memory::view> known;
    name_memories kept;
    look_result out;
    for (asked_name& each : names_) {
        auto memory = std::move(memory_[each.name]);
        auto view = memory.settle(std::move(each.v4), std::move(each.v6));
        ttl_ = std::min(ttl_, view.ttl);
        if (view.failure && !out.failure) out = failed(*view.failure, each.name);
        known.emplace(each.name, std::move(view));
        kept.emplace(each.name, std::move(memory));
    }
    memory_ = std::move(kept);
    member_list members;
    for (const service_record& each : services_)
        add_members(each, known.at(each.target), members);
    put_in_order(members);
    if (members.size() > options_.max_members) return failed(look_failure::too_many, options_.name);
    if (members.empty()) return out; // a failure of each name
    out.members = std::move(members);
    out.ttl = ttl_;
    return out;
}

void dns_look::add_members(const service_record& service, const name_memory::view& known,
                           member_list& out) const
{
    for (const conf::ip_address& ip : known.addresses)
        out.push_back({endpoint_of(ip, service.port), service.weight, service.priority});
}

} // namespace fairlead::discovery
