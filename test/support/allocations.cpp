#include "test/support/allocations.hpp"

#include <cstdlib>
#include <new>

namespace fairlead::test {
namespace {

struct supply
{
    bool is_limited = false;
    std::size_t left = 0;

    bool take() noexcept { return !is_limited || (left > 0 && left-- > 0); }
};

thread_local std::size_t allocated = 0;
thread_local supply objects;
thread_local supply handlers;

} // namespace

std::size_t allocations() noexcept { return allocated; }

out_of_memory::out_of_memory(what of, std::size_t still) noexcept
{
    (of == what::objects ? objects : handlers) = {true, still};
}

out_of_memory::~out_of_memory() { objects = handlers = {}; }

void* take_object(std::size_t size) noexcept
{
    ++allocated;
    return objects.take() ? std::malloc(size) : nullptr;
}

bool may_take_handler() noexcept { return handlers.take(); }

} // namespace fairlead::test

void* operator new(std::size_t size)
{
    if (void* memory = fairlead::test::take_object(size)) return memory;
    throw std::bad_alloc();
}

// std::stable_sort asks in this way and gives back in the ordinary one.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    return fairlead::test::take_object(size);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

// In place of the C library's, for those who are linked with it here.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    void* memory = nullptr;
    if (!fairlead::test::may_take_handler()) return nullptr;
    return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}
