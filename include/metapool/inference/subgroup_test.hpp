// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/table_tests.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/subgroups.hpp>

#include <cstddef>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
chi_squared_test<Real> between(const std::vector<Real>& estimate, const std::vector<Real>& se) {
  if (estimate.size() < 2) throw_not_estimable("test_between", "fewer than two subgroups have an estimate");
  Real w = 0, offset = 0;
  for (std::size_t i = 0; i < estimate.size(); ++i) {
    w += 1 / (se[i] * se[i]);
    offset += (estimate[i] - estimate[0]) / (se[i] * se[i]);
  }
  const Real mean = estimate[0] + offset / w;
  chi_squared_test<Real> test;
  test.method = "between subgroups";
  for (std::size_t i = 0; i < estimate.size(); ++i) test.statistic += (estimate[i] - mean) * (estimate[i] - mean) / (se[i] * se[i]);
  test.df = estimate.size() - 1;
  test.p = chi_squared_upper_tail<Real>(test.statistic, static_cast<Real>(test.df));
  return test;
}

}  // namespace detail

/// Test of equal effects in all subgroups: Q_b = sum w_g (estimate_g - mean)^2 with w_g = 1 / se_g^2 against chi-squared(groups - 1), from the
/// subgroups' estimates and classical standard errors (RevMan, meta, metafor with separate tau2). Scale: that of the effects.
/// Throws not_estimable with fewer than two subgroups, convergence_error on a fit that did not converge. Borenstein & Higgins (2013) Prev Sci 14:134, doi:10.1007/s11121-013-0377-7.
template <class Real>
chi_squared_test<Real> test_between(const subgroup_fits<Real>& subgroups) {
  std::vector<Real> estimate, se;
  for (const auto& g : subgroups.groups) {
    detail::check_fit("test_between", g.fit, 0.95);
    estimate.push_back(g.fit.estimate);
    se.push_back(g.fit.se);
  }
  return detail::between(estimate, se);
}

/// The same from intervals of the subgroups' means, with their standard errors (Hartung-Knapp's, say).
template <class Real>
chi_squared_test<Real> test_between(const std::vector<mean_inference<Real>>& means) {
  std::vector<Real> estimate, se;
  for (const auto& m : means) {
    estimate.push_back(m.estimate);
    se.push_back(m.se);
  }
  return detail::between(estimate, se);
}

}  // namespace metapool
