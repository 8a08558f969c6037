# SPDX-License-Identifier: BSL-1.0
# What `cmake --install` puts under a prefix; everything finds its own way from where it lies, so the prefix can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(CMAKE_VERSION VERSION_LESS 3.23)
  install(TARGETS metapool EXPORT metapoolTargets)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/metapool" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
else()
  install(TARGETS metapool EXPORT metapoolTargets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
install(FILES ${metapool_mpi_headers} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/metapool/mpi")

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/metapool")
install(EXPORT metapoolTargets NAMESPACE metapool:: DESTINATION "${package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/metapoolConfig.cmake.in" "${PROJECT_BINARY_DIR}/package/metapoolConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/metapoolConfigVersion.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/package/metapoolConfig.cmake" "${PROJECT_BINARY_DIR}/package/metapoolConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/metapoolZlib.cmake"
        DESTINATION "${package_dir}")

# The .pc lies in <prefix>/<data>/pkgconfig, two folders below the prefix. Boost has no .pc of its own.
set(pc_requires "")
if(METAPOOL_WITH_EIGEN)
  set(pc_requires "eigen3 >= 3.4")
endif()
set(pc_threads " -pthread")
if(MSVC OR CMAKE_CXX_COMPILER_FRONTEND_VARIANT STREQUAL "MSVC")
  set(pc_threads "")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/metapool.pc.in" "${PROJECT_BINARY_DIR}/package/metapool.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/metapool.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/metapool")
