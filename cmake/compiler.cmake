# Warnings, sanitizers, hardening and the compiler cache, in one place for every target.
add_library(fairlead_options INTERFACE)

target_compile_options(fairlead_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough)
if(FAIRLEAD_WERROR)
  target_compile_options(fairlead_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside the standard library and Boost for code that is right (GCC bugs 105329, 105562, 103993).
  target_compile_options(fairlead_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()

if(FAIRLEAD_SANITIZE)
  target_compile_options(fairlead_options INTERFACE -fsanitize=${FAIRLEAD_SANITIZE} -fno-sanitize-recover=all
                                                    -fno-omit-frame-pointer)
  target_link_options(fairlead_options INTERFACE -fsanitize=${FAIRLEAD_SANITIZE})
  if(FAIRLEAD_SANITIZE STREQUAL "thread")
    # ThreadSanitizer does not follow fences: Asio's are replaced by its locks, and g++'s warning about others is off.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(fairlead_options INTERFACE -Wno-tsan)
  endif()
endif()

string(TOUPPER "${CMAKE_BUILD_TYPE}" fairlead_build_type)
if(fairlead_build_type STREQUAL "RELEASE" OR fairlead_build_type STREQUAL "RELWITHDEBINFO")
  target_compile_options(fairlead_options INTERFACE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
                                                    -fcf-protection -fstack-clash-protection)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # At -O2 g++ 12 finds these in concatenations of std::string (GCC bug 105651); builds with -O1 keep the warning.
    target_compile_options(fairlead_options INTERFACE -Wno-array-bounds)
  endif()
else()
  target_compile_definitions(fairlead_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# Costs nothing while the program runs, so every preset has it and the tests look at it.
target_link_options(fairlead_options INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)

find_program(FAIRLEAD_CCACHE ccache)
if(FAIRLEAD_CCACHE)
  # ccache caches a translation unit with a precompiled header only with these relaxations (its manual, "PRECOMPILED HEADERS").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_NOHASHDIR=1 ${FAIRLEAD_CCACHE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  else()
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  endif()
endif()
