# SPDX-License-Identifier: BSL-1.0
# For the library's own programs (tests, examples, benchmarks), never for its users.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

# Room for ccache where it is there; nothing needs it.
option(METAPOOL_USE_CCACHE "Compile metapool's own programs through ccache" OFF)
if(METAPOOL_USE_CCACHE)
  find_program(METAPOOL_CCACHE ccache)
endif()

option(METAPOOL_WARNINGS_AS_ERRORS "Warnings in metapool's own programs are errors" ${PROJECT_IS_TOP_LEVEL})
set(METAPOOL_SANITIZE "" CACHE STRING "Sanitizers for metapool's own programs, such as address,undefined")

# A program of the project: links the library, with all warnings for it and for the library's headers.
function(metapool_program target)
  target_link_libraries(${target} PRIVATE metapool::metapool)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_definitions(${target} PRIVATE "METAPOOL_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive- $<$<BOOL:${METAPOOL_WARNINGS_AS_ERRORS}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                             $<$<BOOL:${METAPOOL_WARNINGS_AS_ERRORS}>:-Werror>)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -Wno-restrict)  # GCC 12 warns of std::string's own operator+ at -O2 (GCC PR 105651)
    endif()
  endif()
  if(METAPOOL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${METAPOOL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${METAPOOL_SANITIZE})
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND METAPOOL_SANITIZE MATCHES "address")
      target_link_options(${target} PRIVATE -no-pie)  # two million places to relocate at each start otherwise
    endif()
  endif()
  if(METAPOOL_CCACHE)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${METAPOOL_CCACHE}")
    # what ccache needs to see through precompiled headers
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  endif()
endfunction()
