# SPDX-License-Identifier: BSL-1.0
# Untested draft. As an overlay port of a checkout: vcpkg install metapool --overlay-ports=packaging/vcpkg
# A published port would take a release's tarball with vcpkg_from_github and its SHA512 here.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # header-only
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DMETAPOOL_BUILD_TESTS=OFF -DMETAPOOL_BUILD_EXAMPLES=OFF -DMETAPOOL_BUILD_BENCHMARKS=OFF -DMETAPOOL_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/metapool)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug" "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/share/licenses")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
