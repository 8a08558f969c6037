// SPDX-License-Identifier: BSL-1.0
#include "structure/include_rules.hpp"

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

using metapool_test::broken_rules;
using metapool_test::join;
using metapool_test::scratch_folder;

namespace {

const std::string head = "// SPDX-License-Identifier: BSL-1.0\n#pragma once\n";

/// The rules that a tree of one header (and what it includes, if that is ours and lies at `also`) breaks.
std::string complaint(const std::string& path, const std::string& text, const std::string& also = {}) {
  scratch_folder tree;
  tree.write(path, text);
  if (!also.empty()) tree.write(also, head);
  return join(broken_rules(tree.path()));
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST_CASE("includes between the rooms run one way, and every header has what a header must have") {
  const auto found = broken_rules(METAPOOL_SOURCE_DIR "/include/metapool");
  INFO(join(found));
  CHECK(found.empty());
}

TEST_CASE("an upward include is found") {
  CHECK(says(complaint("tau2/a.hpp", head + "#include <metapool/model/fit.hpp>\n", "model/fit.hpp"),
             "tau2/a.hpp:3: <metapool/model/fit.hpp> is not below tau2"));
  CHECK(says(complaint("data/a.hpp", head + " #  include <metapool/math/b.hpp>\n", "math/b.hpp"), "is not below data"));
  CHECK(says(complaint("math/a.hpp", head + "#include <metapool/data/csv.hpp>\n", "data/csv.hpp"), "is not below math"));
  CHECK(says(complaint("report/a.hpp", head + "#include <metapool/plot/b.hpp>\n", "plot/b.hpp"), "is not below report"));
  CHECK(says(complaint("effect/a.hpp", head + "#include <metapool/metapool.hpp>\n", "metapool.hpp"), "is not below effect"));
}

TEST_CASE("a downward include, one inside the room, and math's use of data's checks pass") {
  CHECK(complaint("model/a.hpp", head + "#include <metapool/tau2/b.hpp>\n", "tau2/b.hpp").empty());
  CHECK(complaint("model/a.hpp", head + "#include <metapool/model/b.hpp>\n", "model/b.hpp").empty());
  CHECK(complaint("math/a.hpp", head + "#include <metapool/data/check.hpp>\n", "data/check.hpp").empty());
  CHECK(complaint("math/a.hpp", head + "#include <boost/math/distributions/normal.hpp>\n#include <Eigen/Core>\n").empty());
  CHECK(complaint("model/a.hpp", head + "#include <Eigen/Core>\n").empty());
}

TEST_CASE("Boost, Eigen and the dear standard headers are found where they may not be") {
  CHECK(says(complaint("effect/a.hpp", head + "#include <boost/math/distributions/normal.hpp>\n"), "only math/ may include Boost"));
  CHECK(says(complaint("math/a.hpp", head + "#include <boost/math/distributions.hpp>\n"), "too dear"));
  CHECK(says(complaint("tau2/a.hpp", head + "#include <Eigen/Dense>\n"), "may include Eigen"));
  CHECK(says(complaint("data/a.hpp", head + "#include <iostream>\n"), "too dear"));
  CHECK(says(complaint("data/a.hpp", head + "#include <regex>\n"), "too dear"));
  CHECK(says(complaint("batch/a.hpp", head + "#include <execution>\n"), "too dear"));
}

TEST_CASE("a header without the SPDX line or the guard, in no known room, or too deep is found") {
  CHECK(says(complaint("data/a.hpp", "#pragma once\n"), "SPDX"));
  CHECK(says(complaint("data/a.hpp", "// SPDX-License-Identifier: BSL-1.0\n"), "#pragma once"));
  CHECK(says(complaint("attic/a.hpp", head), "no place"));
  CHECK(says(complaint("data/inner/a.hpp", head), "two folders deep"));
  CHECK(says(complaint("data/a.hpp", head + "#include \"metapool/data/b.hpp\"\n", "data/b.hpp"), "write <metapool/...>"));
  CHECK(says(complaint("data/a.hpp", head + "#include <metapool/data/gone.hpp>\n"), "does not exist"));
}

TEST_CASE("a header that the umbrella does not reach is found") {
  CHECK(says(complaint("metapool.hpp", head, "data/a.hpp"), "data/a.hpp:1: is not reached"));
  CHECK(complaint("metapool.hpp", head + "#include <metapool/data/a.hpp>\n", "data/a.hpp").empty());
}

TEST_CASE("MPI is found outside its room, and where the umbrella brings it") {
  CHECK(says(complaint("batch/a.hpp", head + "#include <mpi.h>\n"), "only mpi/ may include MPI"));
  CHECK(complaint("mpi/a.hpp", head + "#include <mpi.h>\n#include <metapool/lines/b.hpp>\n", "lines/b.hpp").empty());
  CHECK(complaint("metapool.hpp", head, "mpi/a.hpp").empty());
  CHECK(says(complaint("metapool.hpp", head + "#include <metapool/mpi/a.hpp>\n", "mpi/a.hpp"), "mpi/a.hpp:1: is reached"));
}

TEST_CASE("a call that a min or max macro would take is found") {
  CHECK(says(complaint("data/a.hpp", head + "int a = std::max(1, 2);\n"), "data/a.hpp:3: max( is taken"));
  CHECK(says(complaint("data/a.hpp", head + "int a = std::numeric_limits<int>::min ();\n"), "min( is taken"));
  CHECK(complaint("data/a.hpp", head + "int a = (std::max)(1, 2) + argmax(3);  // max(1, 2)\nauto t = \"\\\" min(x)\";\n").empty());
}
