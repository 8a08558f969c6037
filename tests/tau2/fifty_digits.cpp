// SPDX-License-Identifier: BSL-1.0
// Every estimator in double against the same path in 50 digits, on sets with variances over up to 16 decades.
#include <metapool/tau2/any.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {

/// The size of the terms whose difference an estimate is: what its rounding is measured against where they cancel.
double scale_of(const std::string& code, const wild_set& s, double first_step) {
  double mean = 0, w = 0, least = s.v[0];
  for (const double v : s.v) {
    mean += v / static_cast<double>(s.v.size());
    w += 1 / v;
    least = v < least ? v : least;
  }
  const metapool::detail::mean_problem<double> problem(s.y, s.v);
  const auto of = [&](const auto& a) {
    const auto m = problem.moments(a);
    return m.trace_pv / m.trace_p;
  };
  if (code == "HE" || code == "B0" || code == "SJ2") return mean;
  if (code == "DL" || code == "GENQ") return of([&](std::size_t i) { return 1 / s.v[i]; });
  if (code == "GENQSE") return of([&](std::size_t i) { return 1 / std::sqrt(s.v[i]); });
  if (code == "HS" || code == "HSk") return static_cast<double>(s.v.size()) / w;
  if (code == "DL2" || code == "CA2") return of([&](std::size_t i) { return 1 / (s.v[i] + first_step); });
  if (code == "SJ" || code == "HM" || code == "BP" || code == "BM") return 0;  // nothing cancels
  return least;
}

}  // namespace

TEST_CASE("every estimator and its standard error in double have 12 digits of the 50-digit run") {
  int positive = 0;
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    const wild_set s = make_wild_set(seed * 7 + 1);
    const std::vector<wide> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
    for (const auto& entry : tau2_codes) {
      const std::string code(entry.first);
      if (code == "EB" || code == "DLb" || (code == "GENQM" && s.y.size() > 5)) continue;
      CAPTURE(seed);
      CAPTURE(code);
      std::visit(
          [&](const auto& estimator) {
            const auto a = estimator(std::span<const double>(s.y), std::span<const double>(s.v));
            const auto b = estimator(std::span<const wide>(y), std::span<const wide>(v));
            const double first = code == "CA2" ? hedges{}(std::span<const double>(s.y), std::span<const double>(s.v)).tau2
                                               : dersimonian_laird{}(std::span<const double>(s.y), std::span<const double>(s.v)).tau2;
            const double scale = scale_of(code, s, first);
            positive += b.tau2 > 0;
            CHECK(close(a.tau2, static_cast<double>(b.tau2), at_scale(code == "GENQM" ? digits10 : digits12, scale)));
            CHECK(a.se.has_value() == b.se.has_value());
            // where tau2 has lost digits to cancellation, its error has too
            if (a.se && b.se && static_cast<double>(b.tau2) >= 0.1 * scale) CHECK(close(*a.se, static_cast<double>(*b.se), code == "GENQM" ? digits10 : digits12));
            CHECK(a.maxima.size() == b.maxima.size());
          },
          entry.second);
    }
  }
  CHECK(positive > 150);
}

TEST_CASE("the bootstrap draws the same studies in any number type") {
  const wild_set s = make_wild_set(9);
  const std::vector<wide> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
  const bootstrap_dersimonian_laird method{.replicates = 100, .seed = 4};
  const double a = method(std::span<const double>(s.y), std::span<const double>(s.v)).tau2;
  CHECK(a > 0);
  CHECK(close(a, static_cast<double>(method(std::span<const wide>(y), std::span<const wide>(v)).tau2), digits12));
}

TEST_CASE("estimators run in float and long double") {
  const std::vector<float> y{0, 3, 1, -2}, v{1, 2, 0.5f, 0.25f};
  const std::vector<long double> yl{0, 3, 1, -2}, vl{1, 2, 0.5L, 0.25L};
  for (const auto& entry : tau2_codes) {
    const std::string code(entry.first);
    if (code == "DLb" || code == "EB") continue;
    CAPTURE(code);
    std::visit(
        [&](const auto& estimator) {
          const auto a = estimator(std::span<const float>(y), std::span<const float>(v)).tau2;
          const auto b = estimator(std::span<const long double>(yl), std::span<const long double>(vl)).tau2;
          CHECK(close(static_cast<double>(a), static_cast<double>(b), tolerance{1e-4, 0, 0, "float has seven digits, and some cancel"}));
        },
        entry.second);
  }
}
