# SPDX-License-Identifier: BSL-1.0
# What the library needs: Boost.Math (headers only) and threads. What later rooms will use where it is there: Eigen.
# Sets METAPOOL_LINKS and METAPOOL_WITH_EIGEN.

set(found_here)

# Debian's Boost 1.74 has Boost::headers and no Boost::math; vcpkg, Conan and FetchContent of boostorg/math have Boost::math.
if(NOT TARGET Boost::math AND NOT TARGET Boost::headers)
  find_package(Boost 1.74 REQUIRED CONFIG)
  list(APPEND found_here Boost::math Boost::headers)
endif()
set(METAPOOL_LINKS "$<IF:$<TARGET_EXISTS:Boost::math>,Boost::math,Boost::headers>")

# std::thread: a flag of the compiler or a library on older systems, nothing on newer ones.
if(NOT TARGET Threads::Threads)
  find_package(Threads REQUIRED)
  list(APPEND found_here Threads::Threads)
endif()
list(APPEND METAPOOL_LINKS Threads::Threads)

# Unversioned, then checked: Eigen 5 refuses a request for 3.4, and 3.4.0 refuses a range.
if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 QUIET CONFIG)
  list(APPEND found_here Eigen3::Eigen)
endif()
set(METAPOOL_WITH_EIGEN OFF)
if(TARGET Eigen3::Eigen)
  if(DEFINED Eigen3_VERSION AND Eigen3_VERSION VERSION_LESS 3.4)
    message(STATUS "metapool: Eigen ${Eigen3_VERSION} is older than 3.4 and is not used")
  else()
    set(METAPOOL_WITH_EIGEN ON)
    list(APPEND METAPOOL_LINKS Eigen3::Eigen)
  endif()
endif()

# Imported targets are seen only in the folder that found them: without this, a parent that links metapool would not see them.
if(NOT PROJECT_IS_TOP_LEVEL)
  foreach(dependency IN LISTS found_here)
    if(TARGET ${dependency})
      set_target_properties(${dependency} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
  endforeach()
endif()
