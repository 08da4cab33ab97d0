// Verifies passwords for all workers: at once those that were right a short time ago, the others by hashing
// in threads of its own.
//
//   ask ─┬─ remembered ─► passed
//        ├─ its client's address has no token left ─► limited
//        ├─ as many as may wait do already ─► queue_full
//        └─ waits ─► hashed ─┬─ right: remembered, the token is given back ─► passed
//                            └─ wrong ─► wrong
//
// A token is what each question of an address takes and only a right password brings back, `attempts` at
// most, one more every other second: so whoever guesses gets so many answers and keeps the threads busy for
// no longer, while an office behind one address signs in. The threads are a quarter of the machine's and
// have a lower priority than the workers. They begin with the first question.
//
// Lifetime: longer than the workers; configurations come and go. Threads that hash while it goes are left
// behind, and touch nothing but what they share. Thread: any; a question is its worker's.
#pragma once

#include "metrics/access_labels.hpp"
#include "proxy/credentials/secret_text.hpp"
#include "proxy/http/client_watch.hpp"
#include "proxy/http/password_memory.hpp"
#include "proxy/net/event.hpp"
#include "proxy/routing/request_rates.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::http {

struct password_claim
{
    std::string_view user;
    std::string_view hash; // of a password file's line
    bool is_known = false; // else no password is right, and it is hashed to no end
    std::uint64_t client = 0;
};

class password_verifier
{
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t longest_queue = 256;
    static constexpr conf::rate_limit attempts{.per_second = 0.5, .burst = 20};

    explicit password_verifier(unsigned threads);
    password_verifier();
    password_verifier(const password_verifier&) = delete;
    password_verifier& operator=(const password_verifier&) = delete;
    ~password_verifier();

private:
    friend class password_question;
    struct job;
    struct desk;

    const std::shared_ptr<desk> desk_;
};

// The question of one request; the destructor takes it back.
class password_question final : private client_watch::owner
{
public:
    password_question(password_verifier& of, net::executor where, net::stream& client,
                      net::timer_wheel& wheel);
    password_question(const password_question&) = delete;
    password_question& operator=(const password_question&) = delete;
    ~password_question();

    struct answer
    {
        metrics::password_result what = metrics::password_result::client_left;
        std::chrono::nanoseconds retry_after{0}; // of limited
    };

    // Completes when: it is known, or the client left, or abort(). Once. What `claim` refers to must stay
    // valid.
    net::task<answer> ask(const password_claim& claim, credentials::secret_text& password); // which it takes
    void abort() noexcept { end(metrics::password_result::client_left); }

private:
    friend class password_verifier;

    void client_left() noexcept override { abort(); }
    void end(metrics::password_result how) noexcept;

    const std::shared_ptr<password_verifier::desk> desk_;
    const net::executor where_;
    net::event told_;
    client_watch watch_;
    std::shared_ptr<password_verifier::job> job_; // null: it was not asked, or is over
    metrics::password_result result_ = metrics::password_result::client_left;
};

} // namespace fairlead::http
