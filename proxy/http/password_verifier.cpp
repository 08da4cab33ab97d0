#include "proxy/http/password_verifier.hpp"

#include "proxy/credentials/password_hash.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::http {
namespace {

using metrics::password_result;

constexpr int behind_workers = 10; // nice(1)

unsigned quarter_of_machine() { return std::max(1U, std::thread::hardware_concurrency() / 4); }

} // namespace

struct password_verifier::job
{
    job(const password_claim& claim, credentials::secret_text given, tls::keyed_digest as, net::executor at)
        : password(std::move(given))
        , hash(claim.hash)
        , is_known(claim.is_known)
        , client(claim.client)
        , digest(as)
        , where(std::move(at))
    {}

    const credentials::secret_text password;
    const std::string hash;
    const bool is_known;
    const std::uint64_t client;
    const tls::keyed_digest digest;
    const net::executor where;
    password_question* question = nullptr; // for its worker's thread alone; null: it is gone
    bool is_taken_back = false;            // under the desk's mutex: nobody is there to be told
};

// What questions and threads share; the last of them may be the last to hold it.
struct password_verifier::desk
{
    explicit desk(unsigned count)
        : threads(count)
    {}

    // False: the queue is full, or there is nobody to work on it.
    static bool put(const std::shared_ptr<desk>& self, std::shared_ptr<job> what)
    {
        const std::lock_guard lock(self->mutex);
        if (self->waiting.size() >= longest_queue) return false;
        if (self->started < self->threads) start_one(self);
        if (self->started == 0) return false;
        self->waiting.push_back(std::move(what));
        self->has_work.notify_one();
        return true;
    }

    static void start_one(const std::shared_ptr<desk>& self)
    {
        try {
            std::thread([self] { self->work(); }).detach();
            ++self->started;
        } catch (const std::system_error&) {
            return; // as many threads as the system allows: the next question tries again
        }
    }

    void take_back(const std::shared_ptr<job>& what)
    {
        const std::lock_guard lock(mutex);
        what->is_taken_back = true;
        std::erase(waiting, what);
    }

    std::shared_ptr<job> next()
    {
        std::unique_lock lock(mutex);
        has_work.wait(lock, [this] { return is_closed || !waiting.empty(); });
        if (is_closed) return nullptr;
        auto first = std::move(waiting.front());
        waiting.pop_front();
        return first;
    }

    void work()
    {
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), behind_workers);
        while (const auto job = next()) {
            try {
                serve(job);
            } catch (const std::bad_alloc&) {
                continue; // nobody is told: that client waits until it gives up
            }
        }
    }

    // An unknown user's password is hashed as well, and told wrong.
    void serve(const std::shared_ptr<job>& which)
    {
        const bool is_right = credentials::is_password_of(which->password, which->hash) && which->is_known;
        if (is_right) {
            memory.remember(which->digest, clock::now());
            rates.give_back(which->client, attempts);
        }
        tell(which, is_right ? password_result::passed : password_result::wrong);
    }

    // Under the mutex, so that its worker is there as long as it is posted to.
    void tell(const std::shared_ptr<job>& about, password_result result)
    {
        const std::lock_guard lock(mutex);
        if (about->is_taken_back || is_closed) return;
        net::asio::post(about->where, [about, result] {
            if (about->question != nullptr) about->question->end(result);
        });
    }

    const unsigned threads;
    password_memory memory;
    routing::request_rates rates;
    std::mutex mutex;
    std::condition_variable has_work;
    std::deque<std::shared_ptr<job>> waiting;
    unsigned started = 0;
    bool is_closed = false;
};

password_verifier::password_verifier(unsigned threads)
    : desk_(std::make_shared<desk>(threads))
{}

password_verifier::password_verifier()
    : password_verifier(quarter_of_machine())
{}

password_verifier::~password_verifier()
{
    const std::lock_guard lock(desk_->mutex);
    desk_->is_closed = true;
    desk_->waiting.clear();
    desk_->has_work.notify_all();
}

password_question::password_question(password_verifier& of, net::executor where, net::stream& client,
                                     net::timer_wheel& wheel)
    : desk_(of.desk_)
    , where_(where)
    , told_(where)
    , watch_(*this, client, wheel)
{}

password_question::~password_question()
{
    if (!job_) return;
    job_->question = nullptr;
    desk_->take_back(job_);
}

net::task<password_question::answer> password_question::ask(const password_claim& claim,
                                                            credentials::secret_text& password)
{
    const auto now = password_verifier::clock::now();
    const tls::keyed_digest digest = desk_->memory.digest_of(claim.user, password, claim.hash);
    if (claim.is_known && desk_->memory.knows(digest, now)) co_return answer{password_result::remembered};
    const auto early = desk_->rates.admit(claim.client, password_verifier::attempts, now.time_since_epoch());
    if (early.count() != 0) co_return answer{password_result::limited, early};
    job_ = std::make_shared<password_verifier::job>(claim, std::move(password), digest, where_);
    job_->question = this;
    if (!password_verifier::desk::put(desk_, job_)) {
        job_.reset();
        desk_->rates.give_back(claim.client, password_verifier::attempts);
        co_return answer{password_result::queue_full};
    }
    watch_.start();
    co_await told_.wait();
    watch_.stop();
    co_return answer{result_};
}

void password_question::end(password_result how) noexcept
{
    if (told_.is_set()) return;
    result_ = how;
    told_.set();
}

} // namespace fairlead::http
