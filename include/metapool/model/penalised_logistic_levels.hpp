// SPDX-License-Identifier: BSL-1.0
// What a study's level has to do with Jeffreys' prior: an arm's likelihood and weight, and which study's level to exchange for a higher maximum.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/math/second_order.hpp>
#include <metapool/model/binomial_ratio.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// An arm's log-likelihood and the logarithm of its weight n p q.
template <class Real>
struct penalised_arm {
  second_order<Real> likelihood{}, log_weight{};
};

/// The same at log odds eta, with derivatives in the level (1) and in the effect (half).
template <class Real>
penalised_arm<Real> penalised_arm_at(const Real& events, const Real& total, const Real& eta, const Real& half) {
  using std::log;
  const Real p = logistic(eta), q = logistic(Real(-eta)), slope = events * q - (total - events) * p;
  const second_order<Real> x{eta, {Real(1), half}, {}};
  return {x.through(binomial_log_ratio(events, total, p, q), slope, Real(-total * p * q)),
          x.through(Real(log(total) - log_one_plus_exp(eta) - log_one_plus_exp(Real(-eta))), Real(q - p), Real(-2 * p * q))};
}

/// What a study's level adds to the penalised likelihood.
template <class Real>
struct penalised_level {
  Real level{};
  Real own{};    ///< its likelihood and its factor w1 + w2 of the determinant
  Real share{};  ///< logarithm of w1 w2 / (w1 + w2), whose sum over studies is the determinant's other factor
};

template <class Real>
penalised_level<Real> penalised_level_at(const two_by_two<Real>& t, const Real& theta, const Real& level) {
  using std::fabs;
  const auto a = penalised_arm_at<Real>(t.a, t.treated_total(), Real(level + theta / 2), Real(0));
  const auto b = penalised_arm_at<Real>(t.c, t.control_total(), Real(level - theta / 2), Real(0));
  const Real wa = a.log_weight.value, wb = b.log_weight.value;
  return {level, a.likelihood.value + b.likelihood.value + (wb + log_one_plus_exp(Real(wa - wb))) / 2,
          (std::min)(wa, wb) - log_one_plus_exp(Real(-fabs(Real(wa - wb))))};
}

/// Where levels may go when the effect is moved away from the estimate: they stay, or leave either arm's log odds as they were.
template <class Real>
struct penalised_level_moves {
  const std::vector<Real>&stay, &up, &down;
  Real near{};  ///< a move that is no longer is none
};

/// Levels that differ in one study, which has moved: the likeliest such, theta being each study's log odds ratio.
template <class Real>
std::vector<Real> one_level_exchanged(const std::vector<two_by_two<Real>>& tables, const std::vector<Real>& theta, const std::vector<Real>& levels, const penalised_level_moves<Real>& moves) {
  using std::exp, std::fabs, std::log;
  const std::size_t k = levels.size();
  std::vector<penalised_level<Real>> now(k);
  std::vector<std::array<penalised_level<Real>, 3>> others(k);
  Real largest = -std::numeric_limits<Real>::infinity();
  for (std::size_t i = 0; i < k; ++i) {
    const auto at = [&](const Real& level) { return penalised_level_at(tables[i], theta[i], level); };
    now[i] = at(levels[i]);
    others[i] = {at(moves.stay[i]), at(moves.up[i]), at(moves.down[i])};
    largest = (std::max)({largest, now[i].share, others[i][0].share, others[i][1].share, others[i][2].share});
  }
  std::vector<Real> after(k + 1);  // sums of the shares behind a study, so that nothing is subtracted
  for (std::size_t i = k; i-- > 0;) after[i] = after[i + 1] + exp(Real(now[i].share - largest));
  Real before = 0, highest = -std::numeric_limits<Real>::infinity();
  std::vector<Real> changed = levels;
  std::size_t where = 0;
  for (std::size_t i = 0; i < k; ++i) {
    for (const auto& c : others[i]) {
      const Real gain = c.own - now[i].own + log(Real(before + after[i + 1] + exp(Real(c.share - largest)))) / 2;
      if (!(fabs(Real(c.level - levels[i])) > moves.near && gain > highest)) continue;
      highest = gain;
      changed[where] = levels[where];
      where = i;
      changed[i] = c.level;
    }
    before += exp(Real(now[i].share - largest));
  }
  return changed;
}

}  // namespace metapool::detail
