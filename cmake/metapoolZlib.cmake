# SPDX-License-Identifier: BSL-1.0
# metapool::zlib: metapool that reads files compressed by gzip, where zlib is there; else there is no such target. Link it in place of metapool::metapool in every part of a program.
if(NOT TARGET metapool::zlib)
  find_package(ZLIB QUIET)
  if(TARGET ZLIB::ZLIB)
    add_library(metapool::zlib INTERFACE IMPORTED)
    target_link_libraries(metapool::zlib INTERFACE metapool::metapool ZLIB::ZLIB)
    target_compile_definitions(metapool::zlib INTERFACE METAPOOL_WITH_ZLIB)
  endif()
endif()
