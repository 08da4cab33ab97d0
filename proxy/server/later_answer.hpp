// Waits in a coroutine for what is told later by a call, on the thread that the coroutine runs on.
//
// What is never told leaves the coroutine waiting until it is destroyed with its io_context.
#pragma once

#include "proxy/net/socket.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace fairlead::server {

// Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
template <class Answer, class Ask>
struct begin_asking
{
    static_assert(std::is_trivially_copyable_v<Ask>);

    Ask ask;
    template <class Handler>
    void operator()(Handler&& handler) const
    {
        // Whoever is to be told has a function that can be copied.
        using shared = std::decay_t<Handler>;
        auto waiting = std::make_shared<shared>(std::forward<Handler>(handler));
        ask(std::function<void(Answer)>([waiting](Answer answer) {
            auto executor = net::asio::get_associated_executor(*waiting);
            net::asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
                std::move (*waiting)(std::move(answer));
            });
        }));
    }
};

// `ask` is called with the function that is to be told, and may be called on another thread.
template <class Answer, class Ask>
net::task<Answer> answer_of(Ask ask)
{
    constexpr net::asio::use_awaitable_t<net::executor> token{};
    const begin_asking<Answer, Ask> begin{ask};
    co_return co_await net::asio::async_initiate<const net::asio::use_awaitable_t<net::executor>,
                                                 void(Answer)>(begin, token);
}

} // namespace fairlead::server
