// A second attempt at a request whose first one is left waiting: another backend is asked too, and who
// answers first serves the client.
//
// Made for each request that may be asked twice, and no more than a timer until its time has come. Then it
// asks, where the owner's attempt is still unanswered, another backend of the same priority is up, and the
// pool's budget has something left. It never waits for room. What it uses it has itself, so that the owner
// may be gone while it comes to its end.
//
//   waiting ─► asking ─┬─ answered: the head is here, of a status below 500: the owner is told
//      │               ├─ held: of 500 or more, for when the first attempt fails
//      └─ never        └─ failed
//
// Completes when: settled() does, once there is nothing more to wait for. Thread: the worker's. Lifetime: its
// owner holds a reference, gives up before it goes, and the worker's services outlive both.
// RFC 9110 9.2.2; Dean and Barroso, "The tail at scale" (2013).
#pragma once

#include "proxy/http/head_parser.hpp"
#include "proxy/http/request.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/net/event.hpp"
#include "proxy/upstream/connector.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace fairlead::http {

// What is asked once more, and who left it unanswered.
struct hedge_question
{
    enum class when : std::uint8_t
    {
        now,
        later, // the first attempt has no backend yet
        never  // it has an answer, or there is nobody to answer
    };

    std::string text;               // the request, without a PROXY protocol header
    upstream::tried_backends tried; // none of these
    std::uint32_t first = 0;        // nor this one, where the first attempt is
    conf::duration timeout{0};      // of the answer
};

class hedge final : public boost::intrusive_ref_counter<hedge, boost::thread_unsafe_counter>
{
public:
    class owner
    {
    public:
        virtual hedge_question::when ask_again(hedge_question& what) = 0; // fills it in for `now`
        virtual void overtaken() noexcept = 0;                            // the hedge has an answer

    protected:
        ~owner() = default;
    };

    hedge(owner& told, session_services& services, const request& asked);
    hedge(const hedge&) = delete;
    hedge& operator=(const hedge&) = delete;

    void start(std::chrono::microseconds delay);
    void give_up() noexcept; // nobody needs it any more: what it has is closed

    bool is_asking() const noexcept { return state_ == state::asking; }
    bool has_answer() const noexcept { return state_ == state::answered; }
    bool holds_error() const noexcept { return state_ == state::held; }
    bool was_asked() const noexcept { return state_ != state::waiting && state_ != state::never; }
    bool has_sent() const noexcept { return has_sent_; } // a backend may have seen it
    std::uint32_t first() const noexcept { return what_.first; }

    net::task<> settled() { return settled_.wait(); } // of one that is asking
    upstream::connect_outcome take();                 // with the answer's head unread
    std::uint64_t sent_before() const noexcept { return sent_before_; }

private:
    enum class state : std::uint8_t
    {
        waiting,
        never,
        asking,
        answered,
        held,
        failed
    };

    using timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;
    using reference = boost::intrusive_ptr<hedge>;

    const upstream::pool& pool() const noexcept { return *pool_.shared; }
    const conf::config& config() const noexcept { return service_->shared->config; }
    void wait_for(std::chrono::microseconds delay);
    void begin();
    bool has_another() const;
    static net::task<> run(reference self);
    net::task<> ask();
    net::task<state> read_head();
    state judge();
    void fail(health::failure_kind how);
    void settle(state as) noexcept;

    owner* owner_; // null: it gave up
    session_services& services_;
    const service_ref service_;
    pool_view& pool_;
    const net::connection_ends ends_;
    const method_kind method_;
    hedge_question what_;
    std::string before_tls_;
    upstream::connect_request connecting_;
    upstream::connect_outcome connected_;
    response_head_parser parser_;
    head answer_;
    net::deadline limit_;
    timer timer_;
    std::chrono::microseconds delay_{0};
    net::event settled_;
    std::uint64_t sent_before_ = 0;
    bool has_sent_ = false;
    state state_ = state::waiting;
};

} // namespace fairlead::http
