// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/permutation_test.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/meta_regression.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// How the arrangements of moderators among studies are gone through.
struct permutation_regression_options {
  permutation_statistic statistic = permutation_statistic::z;  ///< by the classical covariance, or by Knapp and Hartung's (t)
  std::size_t exact_up_to = 50000;  ///< every arrangement if there are no more than so many (7! = 5040, 8! = 40,320), random ones otherwise
  std::size_t draws = 9999;         ///< random arrangements, besides the observed one
  std::uint64_t seed = 1;
  unsigned threads = 1;             ///< 0: as many as the processor has; the answer is the same for any number
};

/// The answer of a permutation test of a regression. One entry a column of the design, in its order.
template <class Real = double>
struct permutation_regression_result {
  std::vector<std::string> names{};
  std::vector<Real> statistic{};    ///< coefficient over its standard error
  std::vector<Real> p{};            ///< two-sided; of an intercept it says little, since no arrangement changes its column
  std::vector<Real> monte_carlo_error{};  ///< standard error of p from drawing at random; 0 if exact
  Real joint_statistic{};           ///< QM of all columns but the intercept (over their number and the scale factor with t: F)
  Real joint_p{};
  Real joint_monte_carlo_error{};
  Real smallest_p{};                ///< one arrangement of all that were compared
  std::uint64_t arrangements = 0;   ///< distinct ones if exact, else draws + 1
  bool exact = true;
  std::vector<std::string> notes{};
};

namespace detail {

/// Sizes of the statistics of one arrangement: p coefficients, then the joint one.
template <class Real, class Estimator>
std::vector<Real> regression_statistics(const regression_fit<Real>& fit, const Estimator& estimator, const std::vector<std::size_t>& order, permutation_statistic kind,
                                        std::vector<Real>& y, std::vector<Real>& v, regression_fit<Real>& work) {
  using std::sqrt;
  for (std::size_t i = 0; i < order.size(); ++i) {
    y[i] = fit.data.y[order[i]];
    v[i] = fit.data.v[order[i]];
  }
  const design_problem<Real> problem(std::span<const Real>(y), std::span<const Real>(v), fit.design.x);
  const Real tau2 = estimator.estimate(problem).tau2;
  problem.solve(tau2, work);
  const std::size_t p = fit.p(), first = fit.design.intercept ? 1 : 0, m = p - first;
  Real scale = 1;
  if (kind == permutation_statistic::t) scale = problem.at(tau2).q / static_cast<Real>(fit.df);
  std::vector<Real> s(p + 1);
  const auto at = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  for (std::size_t j = 0; j < p; ++j) s[j] = work.coefficients(at(j)) / sqrt(Real(scale * work.covariance(at(j), at(j))));
  std::vector<Real> l(m * m), z(m);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) l[i * m + j] = work.covariance(at(first + i), at(first + j));
  }
  if (!cholesky(l.data(), m)) throw_input_error("permutation_test", "the columns of the design are too near to depending on each other");
  Real qm = 0;
  for (std::size_t i = 0; i < m; ++i) {
    z[i] = work.coefficients(at(first + i));
    for (std::size_t j = 0; j < i; ++j) z[i] -= l[i * m + j] * z[j];
    z[i] /= l[i * m + i];
    qm += z[i] * z[i];
  }
  s[p] = kind == permutation_statistic::t ? Real(qm / (static_cast<Real>(m) * scale)) : qm;
  return s;
}

/// Which studies have the same row of the design: a number for each distinct row.
template <class Real>
std::vector<std::size_t> distinct_rows(const matrix_of<Real>& x) {
  std::vector<std::size_t> kind(static_cast<std::size_t>(x.rows()));
  std::size_t kinds = 0;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    Eigen::Index same = 0;
    while (same < i && !(x.row(same) == x.row(i))) ++same;
    kind[static_cast<std::size_t>(i)] = same < i ? kind[static_cast<std::size_t>(same)] : kinds++;
  }
  return kind;
}

/// Number of distinct arrangements of kinds.
template <class = void>
double count_arrangements(const std::vector<std::size_t>& kind) {
  std::vector<std::size_t> seen(kind.size(), 0);
  double count = 1;  // a product of whole numbers after each factor: n! / (n1! n2! ...) built one study at a time
  for (std::size_t i = 0; i < kind.size(); ++i) count = count * static_cast<double>(i + 1) / static_cast<double>(++seen[kind[i]]);
  return count;
}

}  // namespace detail

/// Permutation test of the coefficients of a meta-regression: if the moderators say nothing, each row of the design might as well have stood beside any other
/// study. tau2 is estimated anew in every arrangement, and p is the share of arrangements whose statistic is no smaller in size.
///
/// fit: by meta_regression with this estimator (or common_effect_regression with fixed_tau2{}), with k > p and at least one column besides the
/// intercept. All distinct arrangements are compared if there are at most options.exact_up_to (equal rows count once), else random ones and
/// the observed one: p = (1 + b) / (1 + draws). Ties as in permutation_test of a mean: within eps^(2/3) of the larger of 1 and the observed size.
/// Throws input_error if the fit is by another estimator, without moderators or draws; not_estimable if k = p; convergence_error on a fit that did not converge.
/// Higgins & Thompson (2004) Stat Med 23:1663, doi:10.1002/sim.1752.
template <class Real, class Estimator>
  requires design_tau2_estimator<Estimator, Real>
permutation_regression_result<Real> permutation_test(const regression_fit<Real>& fit, const Estimator& estimator, const permutation_regression_options& o = {}) {
  using std::cbrt;
  using std::fabs;
  using std::sqrt;
  constexpr const char* function = "permutation_test";
  if (fit.data.y.empty()) detail::throw_input_error(function, "the fit is empty; it must come from a regression");
  if (o.statistic == permutation_statistic::mean) detail::throw_input_error(function, "the mean is no statistic of a regression; use permutation_statistic::z or t");
  if (!fit.convergence.converged) throw convergence_error(std::string(function) + ": the regression by " + fit.method + " did not converge");
  const bool common = fit.model == model::common_effect;
  if (std::string(Estimator::name) != (common ? std::string(fixed_tau2::name) : fit.method)) {
    detail::throw_input_error(function, "the regression is by " + fit.method + " and the arrangements would be fitted by " + std::string(Estimator::name));
  }
  const std::size_t k = fit.k(), p = fit.p();
  if (p <= (fit.design.intercept ? 1u : 0u)) detail::throw_input_error(function, "the regression has no moderators");
  if (fit.df < 1) detail::throw_not_estimable(function, std::to_string(k) + " studies and as many coefficients leave no degrees of freedom");
  permutation_regression_result<Real> r;
  r.names = fit.design.names;

  // equal rows are interchangeable: an arrangement says which kind of row stands beside each study
  const std::vector<std::size_t> kind = detail::distinct_rows(fit.design.x);
  const double all = detail::count_arrangements(kind);
  r.exact = all <= static_cast<double>(o.exact_up_to) + 0.5;
  if (!r.exact && o.draws < 1) detail::throw_input_error(function, "draws = 0: at least one random arrangement is needed");
  std::vector<std::uint32_t> arrangements;  // if exact: for each, the studies that stand beside rows 0, ..., k - 1
  if (r.exact) {
    std::vector<std::size_t> now(kind);
    std::sort(now.begin(), now.end());
    do {
      std::vector<bool> used(k, false);
      for (std::size_t row = 0; row < k; ++row) {
        std::size_t study = 0;
        while (used[study] || now[study] != kind[row]) ++study;
        used[study] = true;
        arrangements.push_back(static_cast<std::uint32_t>(study));
      }
    } while (std::next_permutation(now.begin(), now.end()));
    r.arrangements = arrangements.size() / k;
  } else {
    r.arrangements = static_cast<std::uint64_t>(o.draws) + 1;
  }

  std::vector<std::size_t> order(k);
  for (std::size_t i = 0; i < k; ++i) order[i] = i;
  std::vector<Real> y(k), v(k);
  regression_fit<Real> work;
  const std::vector<Real> observed = detail::regression_statistics(fit, estimator, order, o.statistic, y, v, work);
  const Real root = cbrt(std::numeric_limits<Real>::epsilon());
  std::vector<Real> bound(observed);
  for (Real& b : bound) {
    b = fabs(b);
    if (b <= (std::numeric_limits<Real>::max)()) b -= root * root * (b > 1 ? b : Real(1));
  }
  constexpr std::size_t block = 64;
  const auto n = static_cast<std::size_t>(r.arrangements);
  std::vector<std::uint64_t> counts((n / block + 1) * (p + 1), 0);  // by block, so that threads do not meet
  detail::parallel_blocks(n, block, o.threads, [&](std::size_t begin, std::size_t end) {
    std::vector<Real> my_y(k), my_v(k);
    std::vector<std::size_t> mine(k);
    regression_fit<Real> my_work;
    for (std::size_t b = begin; b < end; ++b) {
      for (std::size_t i = 0; i < k; ++i) mine[i] = r.exact ? arrangements[b * k + i] : i;
      if (!r.exact && b > 0) {  // Fisher and Yates; number 0 is the data
        detail::random_stream random(o.seed, b);
        for (std::size_t i = k; i > 1; --i) std::swap(mine[i - 1], mine[static_cast<std::size_t>(random.below(i))]);
      }
      const std::vector<Real> s = detail::regression_statistics(fit, estimator, mine, o.statistic, my_y, my_v, my_work);
      for (std::size_t j = 0; j <= p; ++j) {
        if (fabs(s[j]) >= bound[j]) ++counts[begin / block * (p + 1) + j];
      }
    }
  });
  const Real size = static_cast<Real>(r.arrangements);
  for (std::size_t j = 0; j <= p; ++j) {
    std::uint64_t count = 0;
    for (std::size_t b = 0; b * (p + 1) < counts.size(); ++b) count += counts[b * (p + 1) + j];
    const Real share = static_cast<Real>(count) / size;
    const Real error = r.exact ? Real(0) : Real(sqrt(Real(share * (1 - share) / size)));
    if (j < p) {
      r.statistic.push_back(observed[j]);
      r.p.push_back(share);
      r.monte_carlo_error.push_back(error);
    } else {
      r.joint_statistic = observed[j];
      r.joint_p = share;
      r.joint_monte_carlo_error = error;
    }
  }
  r.smallest_p = 1 / size;
  if (!r.exact) r.notes.push_back(std::to_string(r.arrangements - 1) + " random arrangements of moderators, with the observed one");
  if (r.smallest_p > Real(0.05)) r.notes.push_back("so few distinct arrangements cannot give a p below " + detail::to_text(r.smallest_p));
  return r;
}

}  // namespace metapool
