// SPDX-License-Identifier: BSL-1.0
#include "structure/standard_names.hpp"

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

using metapool_test::join;
using metapool_test::missing_includes;
using metapool_test::scratch_folder;

namespace {

std::string complaint(const std::string& text, const std::string& other = {}) {
  scratch_folder tree;
  tree.write("model/a.hpp", text);
  if (!other.empty()) tree.write("model/b.hpp", other);
  return join(missing_includes(tree.path()));
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("every header includes, by itself or through ours, what has the names of std:: and Eigen:: that it uses") {
  const auto found = missing_includes(METAPOOL_SOURCE_DIR "/include/metapool");
  INFO(join(found));
  CHECK(found.empty());
}

TEST_CASE("a name without its header is found, with the line") {
  CHECK(says(complaint("#include <string>\n\nstd::vector<int> v;\n"), "model/a.hpp:3: std::vector is used without <vector>"));
  CHECK(says(complaint("#include <vector>\nusing std::log;\n"), "model/a.hpp:2: std::log is used without <cmath>"));
  CHECK(says(complaint("Eigen::VectorXd v;\n"), "Eigen:: is used without <Eigen/Core>"));
  CHECK(says(complaint("int a = std::no_such_name(1);\n"), "std::no_such_name stands in no list"));
}

TEST_CASE("a name with its header, through one of ours, in a comment or of another namespace passes") {
  CHECK(complaint("#include <vector>\nstd::vector<int> v;\n").empty());
  CHECK(complaint("#include <metapool/model/b.hpp>\nstd::vector<int> v;\n", "#include <vector>\n").empty());
  CHECK(complaint("int a;  // a std::vector would do\n").empty());
  CHECK(complaint("other::std::vector<int> v;\nmy_std::vector<int> w;\n").empty());
}
