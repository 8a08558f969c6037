// SPDX-License-Identifier: BSL-1.0
#include "structure/same_functions.hpp"

#include "support/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <string>

using metapool_test::function_heads;
using metapool_test::join;
using metapool_test::same_functions;
using metapool_test::scratch_folder;

namespace {

/// What is found in two headers with these texts.
std::string complaint(const std::string& one, const std::string& other) {
  scratch_folder tree;
  tree.write("model/a.hpp", one);
  tree.write("model/b.hpp", other);
  return join(same_functions(tree.path()));
}

std::string in_metapool(const std::string& text) { return "namespace metapool {\n\n" + text + "\n}  // namespace metapool\n"; }

const std::string one = in_metapool("template <class Real>\nplain<Real> residuals(const fit<Real>& fit, int n = 3) {\n  return {};\n}\n");

}  // namespace

TEST_CASE("no function is defined by two headers") {
  const auto found = same_functions(METAPOOL_SOURCE_DIR "/include/metapool");
  INFO(join(found));
  CHECK(found.empty());
}

TEST_CASE("functions that two headers define alike are found, whatever they return and call their parameters") {
  CHECK(complaint(one, in_metapool("template <class Real>\nother<Real> residuals(const fit<Real>& f, int m) { return {}; }\n")).find("residuals") != std::string::npos);
  CHECK(complaint(in_metapool("inline int n(double x,\n             double y) {\n  return 1;\n}\n"), in_metapool("inline long n(double, double) { return 1; }\n")).find("n(double,double,)") !=
        std::string::npos);
}

TEST_CASE("overloads, declarations, and functions of other namespaces are no complaint") {
  CHECK(complaint(one, in_metapool("template <class Real>\nplain<Real> residuals(const fit<Real>& fit) { return {}; }\n")).empty());
  CHECK(complaint(one, in_metapool("template <class Real>\n  requires good<Real>\nplain<Real> residuals(const fit<Real>& fit, int n) { return {}; }\n")).empty());
  CHECK(complaint(one, in_metapool("template <class Real>\nplain<Real> residuals(const fit<Real>& fit, int n);\n")).empty());
  CHECK(complaint(one, "namespace metapool::detail {\n\ntemplate <class Real>\nplain<Real> residuals(const fit<Real>& fit, int n) {\n}\n}  // namespace metapool::detail\n").empty());
}

TEST_CASE("the functions of a header are seen") {
  CHECK(function_heads(METAPOOL_SOURCE_DIR "/include/metapool/inference/regression_heterogeneity.hpp").size() == 2);
  std::size_t all = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(METAPOOL_SOURCE_DIR "/include/metapool")) {
    if (entry.is_regular_file()) all += function_heads(entry.path()).size();
  }
  CHECK(all > 1000);
}
