// Questions to name servers by c-ares, without a thread and without waiting: its sockets are waited for in
// the io_context, and its times by a timer there.
//
// Knows no records: an answer is bytes, for dns_records. A name without a final dot is looked for in the
// search domains of /etc/resolv.conf, too; /etc/hosts is not read. Where an answer does not fit UDP it is
// asked for by TCP. Name servers are asked one after the other until one answers. Lifetime: short, as one
// look: so a new one knows the system's name servers of now, and each has source ports of its own. Answers
// come from the io_context, never from within ask(); none comes after the destructor. Thread: the
// io_context's one. Errors: the constructor throws std::runtime_error when c-ares does.
#pragma once

#include "conf/values.hpp"
#include "proxy/net/socket.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::discovery {

enum class record_kind : std::uint16_t // as on the wire: RFC 1035 3.2.2, RFC 3596, RFC 2782
{
    a = 1,
    aaaa = 28,
    srv = 33
};

struct dns_channel_options
{
    std::vector<conf::endpoint> resolvers;        // IP addresses; empty: the system's
    std::chrono::milliseconds try_timeout{1'000}; // of a question to one name server; doubles each round
    int tries = 3;                                // rounds of all name servers
};

class dns_channel
{
public:
    // `ares_status` as ares.h has it; `answer` is empty for most that are not ARES_SUCCESS.
    using answered = std::function<void(int ares_status, const std::vector<unsigned char>& answer)>;

    dns_channel(net::asio::io_context& io, const dns_channel_options& options);
    dns_channel(const dns_channel&) = delete;
    dns_channel& operator=(const dns_channel&) = delete;
    ~dns_channel();

    void ask(const std::string& name, record_kind kind, answered then);

    void cancel(); // what is under way is answered with ARES_ECANCELLED

private:
    struct state;

    std::shared_ptr<state> state_; // waits hold it
};

} // namespace fairlead::discovery
