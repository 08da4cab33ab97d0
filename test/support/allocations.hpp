// What this thread asks of operator new, counted, and refused while a test says so; and what Asio asks for
// its handlers, refused alike.
//
// Asio keeps a few blocks of a thread that runs its loop for the next handler: outside of the loop it asks
// each time.
#pragma once

#include <cstddef>

namespace fairlead::test {

std::size_t allocations() noexcept; // of operator new, so far

class out_of_memory
{
public:
    enum class what
    {
        objects, // operator new
        handlers // Asio's
    };

    // From the one behind the next `still` on.
    explicit out_of_memory(what of, std::size_t still = 0) noexcept;
    out_of_memory(const out_of_memory&) = delete;
    out_of_memory& operator=(const out_of_memory&) = delete;
    ~out_of_memory();
};

} // namespace fairlead::test
