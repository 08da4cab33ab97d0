#include "proxy/http/password_verifier.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace fairlead;
using credentials::secret_text;
using http::password_claim;
using http::password_question;
using http::password_verifier;
using metrics::password_result;

namespace {

constexpr std::string_view hash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

// Of "secret", with rounds that take long enough to look at what waits.
constexpr std::string_view slow = "$6$rounds=2000000$salt$x";

struct asked
{
    asked(password_verifier& of, test::event_loop& loop, test::link& client, const password_claim& about,
          std::string_view password)
        : claim(about)
        , sent(password)
        , question(of, loop.executor(), client.ours, loop.wheel())
    {
        loop.start(question.ask(claim, sent), told);
    }

    password_claim claim;
    secret_text sent;
    password_question question;
    std::optional<password_question::answer> told;
};

struct bench
{
    test::event_loop loop;
    test::link client{loop};
    password_verifier verifier{1};

    std::unique_ptr<asked> ask(const password_claim& claim, std::string_view password)
    {
        return std::make_unique<asked>(verifier, loop, client, claim, password);
    }
    password_result answer(const password_claim& claim, std::string_view password)
    {
        const auto one = ask(claim, password);
        loop.wait_for([&] { return one->told.has_value(); });
        return one->told->what;
    }
};

} // namespace

TEST_CASE("a right password is hashed once and remembered; a wrong one is not")
{
    bench at;
    const password_claim ann{"ann", hash, true, 1};
    CHECK(at.answer(ann, "secret") == password_result::passed);
    CHECK(at.answer(ann, "secret") == password_result::remembered);
    CHECK(at.answer(ann, "Secret") == password_result::wrong);
    CHECK(at.answer(ann, "Secret") == password_result::wrong);
}

TEST_CASE("who is not known has no right password, also not that of whom it is held against")
{
    bench at;
    CHECK(at.answer({"ann", hash, true, 1}, "secret") == password_result::passed);
    CHECK(at.answer({"ann", hash, false, 1}, "secret") == password_result::wrong);
    CHECK(at.answer({"nobody", hash, false, 1}, "secret") == password_result::wrong);
}

TEST_CASE("an address gets so many wrong answers, and right ones cost it nothing")
{
    bench at;
    for (int i = 0; i < 50; ++i)
        CHECK(at.answer({"user" + std::to_string(i), hash, true, 1}, "secret") == password_result::passed);
    const auto guess = [&](std::uint64_t client) { return at.answer({"ann", hash, true, client}, "no"); };
    for (std::uint64_t i = 0; i < password_verifier::attempts.burst; ++i)
        CHECK(guess(1) == password_result::wrong);
    const auto late = at.ask({"ann", hash, true, 1}, "no");
    at.loop.turn();
    REQUIRE(late->told);
    CHECK(late->told->what == password_result::limited);
    CHECK(late->told->retry_after.count() > 0);
    CHECK(guess(2) == password_result::wrong);
    CHECK(at.answer({"user1", hash, true, 1}, "secret") == password_result::remembered);
}

TEST_CASE("no more wait than may, and who leaves makes room")
{
    bench at;
    std::vector<std::unique_ptr<asked>> waiting;
    std::uint64_t client = 0;
    const auto one_more = [&] { return at.ask({"ann", slow, true, ++client}, "x"); };
    waiting.push_back(one_more());
    at.loop.turn();
    // The first may be with the thread or wait still.
    for (std::size_t i = 0; i < password_verifier::longest_queue + 1; ++i) {
        waiting.push_back(one_more());
        at.loop.turn();
    }
    REQUIRE(waiting.back()->told);
    CHECK(waiting.back()->told->what == password_result::queue_full);
    waiting.pop_back();
    waiting[5]->question.abort();
    at.loop.turn();
    REQUIRE(waiting[5]->told);
    CHECK(waiting[5]->told->what == password_result::client_left);
    waiting.erase(waiting.begin() + 5);
    const auto next = one_more();
    at.loop.turn();
    CHECK_FALSE(next->told);
    for (auto& each : waiting)
        each->question.abort();
    next->question.abort();
    at.loop.turn();
}

TEST_CASE("a client that leaves is noticed while its password waits")
{
    bench at;
    const auto one = at.ask({"ann", slow, true, 1}, "x");
    at.loop.turn();
    at.client.theirs.close();
    at.loop.wait_for([&] {
        at.loop.pass_time(http::client_watch::usual_interval_ms * std::chrono::milliseconds(2));
        return one->told.has_value();
    });
    CHECK(one->told->what == password_result::client_left);
}
