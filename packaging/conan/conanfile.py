# SPDX-License-Identifier: BSL-1.0
# Untested draft of a Conan 2 recipe: conan create packaging/conan
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load


class MetapoolConan(ConanFile):
    name = "metapool"
    description = "Meta-analysis of clinical trials, header-only C++20"
    license = "BSL-1.0"
    package_type = "header-library"
    settings = "os", "compiler", "build_type", "arch"
    no_copy_source = True

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "..", "..", "include", "metapool", "version.hpp"))
        parts = [re.search(rf"METAPOOL_VERSION_{part} (\d+)", text).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
        self.version = ".".join(parts)

    def export_sources(self):
        top = os.path.join(self.recipe_folder, "..", "..")
        copy(self, "include/*", top, self.export_sources_folder)
        copy(self, "LICENSE", top, self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.74]", options={"header_only": True})
        self.requires("eigen/[>=3.4]")

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "metapool")
        self.cpp_info.set_property("cmake_target_name", "metapool::metapool")
        self.cpp_info.set_property("pkg_config_name", "metapool")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
