// SPDX-License-Identifier: BSL-1.0
// Every estimator around a design: BCG log risk ratios on latitude against metafor, and a design of a constant against the mean.
#include <metapool/tau2/any.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <metapool/model/design_problem.hpp>
#include <metapool/tau2/grouped_problem.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using design_problem = metapool::detail::design_problem<double>;

/// A column of ones and, if asked for, the latitudes.
matrix_of<double> bcg_design(bool latitude) {
  matrix_of<double> x(13, latitude ? 2 : 1);
  for (int i = 0; i < 13; ++i) {
    x(i, 0) = 1;
    if (latitude) x(i, 1) = bcg_latitudes[static_cast<std::size_t>(i)];
  }
  return x;
}

design_problem bcg_problem(const matrix_of<double>& x) {
  return design_problem(std::span<const double>(bcg_effects().y), std::span<const double>(bcg_effects().v), x);
}

}  // namespace

TEST_CASE("estimates and errors around latitude are metafor's") {
  const auto x = bcg_design(true);
  const design_problem problem = bcg_problem(x);
  struct row {
    const char* code;
    double tau2, se;
  };
  // metafor 3.8 gives; for DL2 and CA2 its method GENQ with weights 1 / (v + tau2 of the first step)
  for (const row& r : {row{"DL", 0.0633005024264152, 0.0548251478566262}, row{"HE", 0.20904802635887584, 0.17071196461608129},
                       row{"HS", 0.029084907899851103, 0.016288456773166263}, row{"HSk", 0.038249788531059772, 0.022893708802436543},
                       row{"SJ", 0.2318437161189788, 0.11953378064610624}, row{"PMM", 0.16155510876408147, 0.10719464029414667},
                       row{"GENQSE", 0.11117075950006851, 0.082732962106028721}, row{"DL2", 0.11798802806057615, 0.084224063190536824},
                       row{"CA2", 0.15346429693109437, 0.11059823852246871}, row{"PM", 0.142131941472754, 0.0974985635157125},
                       row{"SJIT", 0.142131941472754, 0.0974985635157125}, row{"ML", 0.0343514424812415, 0.0280141801206344},
                       row{"REML", 0.0763479639552027, 0.0590472289044412}}) {
    const std::string code = r.code;
    CAPTURE(code);
    const auto e = std::visit([&](const auto& estimator) { return estimator.estimate(problem); }, *tau2_from_code(code));
    CHECK(close(e.tau2, r.tau2, digits10));  // metafor's iterations stop there
    CHECK(close(*e.se, r.se, digits10));
  }
  generalized_q_with<double> own;
  for (int i = 1; i <= 13; ++i) own.weights.push_back(i);
  CHECK(close(own.estimate(problem).tau2, 0.32796525964531786, digits12));
  CHECK(close(*own.estimate(problem).se, 0.24606990234295037, digits12));
}

TEST_CASE("around latitude, the estimators that metafor does not have satisfy their definitions") {
  const auto x = bcg_design(true);
  const design_problem problem = bcg_problem(x);
  const auto zero = problem.at(0.0);
  const auto at_one = problem.moments([](std::size_t) { return 1.0; });
  CHECK(close(hartung_makambi{}.estimate(problem).tau2, zero.q * zero.q / ((2 * 11 + zero.q) * zero.trace_p()), digits12));
  CHECK(close(rukhin_positive{}.estimate(problem).tau2, at_one.q / 13, digits12));
  CHECK(close(rukhin_zero{}.estimate(problem).tau2, (at_one.q - at_one.trace_pv) / 13, digits12));
  CHECK(close(fixed_i2{.i2 = 0.5}.estimate(problem).tau2, 11 / zero.trace_p(), digits12));
  const double a = approximate_reml{}.estimate(problem).tau2;
  CHECK(close(13.0 / 11 * problem.at(a).a2, problem.at(a).w, digits12));
  for (const auto kind : {likelihood_kind::full, likelihood_kind::restricted}) {
    const double b = bayes_modal{.likelihood = kind}.estimate(problem).tau2;
    const auto s = problem.at(b);
    CHECK(close(s.a2 + 1 / b, kind == likelihood_kind::full ? s.w : s.trace_p(), digits12));
  }
  const double t0 = 0.20904802635887584;  // Hedges'
  CHECK(close(two_step_sidik_jonkman{}.estimate(problem).tau2, t0 * problem.at(t0).q / 11, digits12));
  CHECK(iterated_dersimonian_laird{}.estimate(problem).tau2 == paule_mandel{}.estimate(problem).tau2);
}

TEST_CASE("around a constant every estimator is that of the mean") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed);
    matrix_of<double> x(static_cast<int>(s.y.size()), 1);
    x.setOnes();
    const design_problem design{std::span<const double>(s.y), std::span<const double>(s.v), x};
    const metapool::detail::mean_problem<double> mean(s.y, s.v);
    double largest = 0;
    for (const double v : s.v) largest = v > largest ? v : largest;
    for (const auto& entry : tau2_codes) {
      const std::string code(entry.first);
      if (code == "DLb") continue;
      CAPTURE(code);
      std::visit(
          [&](const auto& estimator) {
            // moments are differences of terms of the size of the variances
            CHECK(close(estimator.estimate(design).tau2, estimator.estimate(mean).tau2, at_scale(digits12, largest)));
          },
          entry.second);
    }
  }
}

TEST_CASE("what is defined for one mean refuses a design") {
  const auto x = bcg_design(true);
  const design_problem problem = bcg_problem(x);
  CHECK(message_of<input_error>([&] { bootstrap_dersimonian_laird{}.estimate(problem); }) ==
        "bootstrap DerSimonian-Laird: is defined for one mean, not for a regression on moderators");
}

TEST_CASE("the weights of the distribution of Q around a design are the eigenvalues: their sums of powers are traces, over 12 decades of variances") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    small_random random(seed);
    const std::size_t k = 5 + seed;
    std::vector<double> y(k), v(k), a(k);
    matrix_of<double> x(static_cast<Eigen::Index>(k), 3);
    for (std::size_t i = 0; i < k; ++i) {
      y[i] = random.normal();
      v[i] = std::pow(10, 12 * (random.uniform() - 0.5));
      a[i] = seed % 3 == 0 ? 1 / v[i] : std::pow(10, 6 * (random.uniform() - 0.5));
      x.row(static_cast<Eigen::Index>(i)) << 1, random.normal(), random.uniform() < 0.5 ? 1 : 0;
    }
    if (metapool::detail::column_rank(x).rank < 3) continue;
    const metapool::detail::design_problem<double> problem{std::span<const double>(y), std::span<const double>(v), x};
    const auto weight = [&](std::size_t i) { return a[i]; };
    const auto moments = problem.moments(weight);
    for (const double tau2 : {0.0, 1e-3, 10.0}) {
      INFO("seed " << seed << ", tau2 " << tau2);
      const std::vector<double> r = problem.q_spectrum(weight, tau2);
      double sum = 0, squares = 0;
      for (const double e : r) {
        sum += e;
        squares += e * e;
      }
      CHECK(r.size() == k - 3);
      CHECK(close(sum, moments.trace_pv + tau2 * moments.trace_p, digits12));
      CHECK(close(2 * squares, problem.variance_of(weight, tau2), digits12));
    }
    if (seed % 3 == 0) {  // a = 1 / v: at tau2 = 0 Q is chi-squared
      for (const double e : problem.q_spectrum(weight, 0.0)) CHECK(close(e, 1.0, digits12));
    }
  }
}

TEST_CASE("the median-unbiased generalised Q around groups' means is the same by groups and by their indicators") {
  const std::vector<double> y{0.1, 0.9, -0.4, 1.2, 0.3, 2.1, 1.5}, v{0.04, 0.2, 0.1, 0.05, 0.3, 0.11, 0.07};
  matrix_of<double> x = matrix_of<double>::Zero(7, 2);
  x.col(0).head(3).setOnes();
  x.col(1).tail(4).setOnes();
  const design_problem by_indicators{std::span<const double>(y), std::span<const double>(v), x};
  const metapool::detail::grouped_problem<double> by_groups(std::span<const double>(y), std::span<const double>(v), {3, 4});
  for (const auto weights : {moment_weights::inverse_variance, moment_weights::inverse_standard_error, moment_weights::equal}) {
    const auto a = median_unbiased_generalized_q{weights}.estimate(by_indicators), b = median_unbiased_generalized_q{weights}.estimate(by_groups);
    CHECK(b.tau2 > 0);
    CHECK(close(a.tau2, b.tau2, digits10));
    CHECK(close(*a.se, *b.se, digits10));
  }
}

TEST_CASE("the median-unbiased generalised Q around a design has a closed form with one degree of freedom, and with equal variances") {
  // three studies on a line: Q is one contrast squared, (1, -2, 1), with variance v1 + 4 v2 + v3 + 6 tau2
  const double median1 = 0.45493642311957283, median3 = 2.3659738843753377;  // of chi-squared with 1 and 3 degrees of freedom
  matrix_of<double> line(3, 2);
  line << 1, 0, 1, 1, 1, 2;
  const std::vector<double> y{1, 6, 2}, v{0.5, 1, 2};
  CHECK(close(median_unbiased_generalized_q{}.estimate(design_problem(std::span<const double>(y), std::span<const double>(v), line)).tau2,
              (81 / median1 - 6.5) / 6, digits10));
  // equal variances: the residual sum of squares over the median, less v
  matrix_of<double> x(5, 2);
  x << 1, 0, 1, 1, 1, 2, 1, 5, 1, 4;
  const std::vector<double> effects{1, 4, 2, 9, 3}, twos{2, 2, 2, 2, 2};
  const design_problem equal(std::span<const double>(effects), std::span<const double>(twos), x);
  CHECK(close(median_unbiased_generalized_q{moment_weights::equal}.estimate(equal).tau2, equal.range().sum_of_squares / median3 - 2, digits10));
  CHECK(close(median_unbiased_generalized_q_with<double>{{3, 3, 3, 3, 3}}.estimate(equal).tau2, equal.range().sum_of_squares / median3 - 2, digits10));
  CHECK_THROWS_AS(median_unbiased_generalized_q_with<double>{{1}}.estimate(equal), input_error);
}
