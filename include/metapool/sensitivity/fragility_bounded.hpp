// SPDX-License-Identifier: BSL-1.0
// Which inverse-variance methods have bounds of fragility, and the choices that these need.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/sensitivity/fragility_bounds.hpp>
#include <metapool/sensitivity/fragility_climbed.hpp>
#include <metapool/sensitivity/fragility_result.hpp>
#include <metapool/sensitivity/fragility_search.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace metapool::detail {

template <class Estimator>
inline constexpr bool has_bounded_tau2 = std::same_as<Estimator, fixed_tau2> || std::same_as<Estimator, reml> || std::same_as<Estimator, maximum_likelihood> ||
                                         std::same_as<Estimator, paule_mandel> || std::same_as<Estimator, dersimonian_laird>;
template <class Interval>
inline constexpr bool has_bounded_test = std::same_as<Interval, wald_z> || std::same_as<Interval, wald_t> || std::same_as<Interval, hartung_knapp>;

/// Bounds for a judgement (pooled_judgement). Where the correction of a table depends on other tables, or the interval has a safeguard, every question is unknown.
template <class Real, class Judgement, class Measure, class Estimator, class Interval, class Policy>
struct inverse_variance_bounds {
  static constexpr bool available = has_bounded_tau2<Estimator> && has_bounded_test<Interval> && std::numeric_limits<Real>::digits >= 53;
  const Judgement& judgement;  ///< knows tau2 and the mean of the tables that it has judged last
  const fragility_options& options;

  bool applies() const {
    if constexpr (std::same_as<Policy, empirical_correction>) return false;
    if constexpr (requires { judgement.policy.when; }) {
      if (judgement.policy.when == correct_when::all_if_any) return false;
    }
    if constexpr (std::same_as<Interval, hartung_knapp>) {
      if (judgement.interval.floor > 0 || judgement.interval.safeguard != hk_safeguard::none) return false;
    }
    return true;
  }

  bounded_method method(std::size_t k) const {
    bounded_method m;
    if constexpr (std::same_as<Estimator, fixed_tau2>) m.fixed = judgement.estimator.tau2;
    if constexpr (std::same_as<Estimator, reml>) m.tau2 = bounded_tau2::reml;
    if constexpr (std::same_as<Estimator, maximum_likelihood>) m.tau2 = bounded_tau2::maximum_likelihood;
    if constexpr (std::same_as<Estimator, paule_mandel>) m.tau2 = bounded_tau2::paule_mandel;
    if constexpr (std::same_as<Estimator, dersimonian_laird>) m.tau2 = bounded_tau2::dersimonian_laird;
    if constexpr (std::same_as<Interval, hartung_knapp>) m.test = bounded_test::hartung_knapp;
    m.t_quantiles = !std::same_as<Interval, wald_z>;
    m.critical.assign(k + 1, 0);
    for (std::size_t i = 2; i <= k; ++i) {
      m.critical[i] = m.t_quantiles ? t_critical<double>(judgement.interval.level, static_cast<double>(i - 1)) : normal_critical<double>(judgement.interval.level);
    }
    return m;
  }

  /// Whether the mean's weights do not depend on the other trials, nor its critical value on their number: then large numbers of changes can be excluded too.
  static constexpr bool climbs = std::same_as<Estimator, fixed_tau2> && std::same_as<Interval, wald_z>;

  /// The smallest number of changes that is not excluded; attempt(changes by arm): how many these are if they reach the goal, otherwise 0.
  template <class Searcher, class Attempt>
  climb_answer climb(Searcher& searcher, const climb_question& q, const Attempt& attempt) const {
    const double tau2 = static_cast<double>(judgement.estimator.tau2), critical = normal_critical<double>(judgement.interval.level);
    return climb_weighted_mean<Real>(searcher, judgement.measure, judgement.policy, tau2, options.no_effect, critical, q, attempt);
  }

  /// Effect and variance of every change of one trial by at most n patients, on the scale on which no effect is 0 and the goal lies at sign.
  template <class Arm>
  std::vector<fragility_choice> choices_of(const binary_trial<Real>& trial, const Arm* treated, const Arm* control, std::size_t n, double sign) const {
    std::vector<fragility_choice> all;
    all.reserve((std::min)(2 * n * (n + 1) + 1, fragility_bounds::most_places));
    const auto least = [&](const Arm* a, std::size_t room) { return a == nullptr ? 0LL : -static_cast<long long>((std::min)(a->fewer, room)); };
    const auto most = [&](const Arm* a, std::size_t room) { return a == nullptr ? 0LL : static_cast<long long>((std::min)(a->more, room)); };
    binary_trial<Real> changed = trial;
    for (std::size_t cost = 0; cost <= n; ++cost) {
      for (long long i = least(treated, cost); i <= most(treated, cost); ++i) {
        const long long rest = static_cast<long long>(cost) - (i < 0 ? -i : i);
        for (const long long j : {-rest, rest}) {
          if (j < least(control, n) || j > most(control, n)) continue;
          if (treated != nullptr) changed.treated.events = Real(treated->events + Real(i));
          if (control != nullptr) changed.control.events = Real(control->events + Real(j));
          fragility_choice c;
          c.treated = static_cast<std::int32_t>(i);
          c.control = static_cast<std::int32_t>(j);
          c.cost = static_cast<std::uint32_t>(cost);
          std::array<Real, 4> added{};
          effect<Real> e;
          const zero_cell_context<Real> alone;
          c.pooled = corrected_effect(table_of(changed), judgement.measure, judgement.policy, alone, added, e) == study_status::pooled && e.v > 0;
          if (c.pooled) {
            c.y = sign * (static_cast<double>(e.y) - options.no_effect);
            c.v = static_cast<double>(e.v);
          }
          all.push_back(c);
          if (rest == 0) break;
        }
      }
    }
    return all;
  }

  std::vector<std::vector<fragility_choice>> known_{};  ///< choices of each trial of the last question
  std::size_t known_n_ = 0;                             ///< and for how many changes, on which side
  bool known_below_ = false;

  /// Whether n changes can lose (or gain) significance on the side named. n becomes one less than what attempt(changes) reaches, and fewer than `least` need not be looked at.
  /// near: a mean near which that may be; work: what may be spent, and what is left.
  template <class Searcher, class Attempt>
  bound_outcome decide(Searcher& searcher, bool loss, bool below, std::size_t& n, std::size_t least, double near, double& work, std::size_t& boxes, const Attempt& attempt) {
    if (n > 400) return bound_outcome::unknown;  // more choices than can be looked at
    searcher.restore();
    const double side = below ? 1 : -1;
    using arm_type = typename std::decay_t<decltype(searcher.arms)>::value_type;
    std::vector<std::array<const arm_type*, 2>> of(searcher.tables.size(), {nullptr, nullptr});
    for (const arm_type& a : searcher.arms) of[a.trial][a.treated ? 0 : 1] = &a;
    fragility_bounds bounds;
    bounds.most_work = work;
    bounds.choices.n = n;
    bounds.least = least;
    std::vector<std::size_t> trial;  // of each row of choices
    std::vector<std::vector<fragility_choice>>& rows = bounds.choices.of;
    if (known_n_ < n || known_below_ != below) known_.clear();
    rows.swap(known_);  // fewer changes are looked at after more
    const bool make = rows.empty();
    std::size_t places = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (!is_complete(searcher.tables[i])) continue;
      if (make) rows.push_back(choices_of(searcher.tables[i], of[i][0], of[i][1], n, side));
      std::erase_if(rows[trial.size()], [&](const fragility_choice& c) { return c.cost > n; });
      places += rows[trial.size()].size();
      trial.push_back(i);
      if (places > fragility_bounds::most_places) return bound_outcome::unknown;
    }
    bounds.equations.method = method(trial.size());
    bounds.equations.gain = !loss;
    bounds.hint_mean = side * near;
    bounds.hint_tau2 = judgement.fit.tau2 ? static_cast<double>(*judgement.fit.tau2) : 0.0;
    const bound_outcome outcome = bounds.decide([&](const std::vector<std::size_t>& chosen) {
      std::vector<long long> changes(searcher.arms.size(), 0);
      for (std::size_t row = 0; row < trial.size(); ++row) {
        const fragility_choice& c = bounds.choices.of[row][chosen[row]];
        for (std::size_t j = 0; j < changes.size(); ++j) {
          if (searcher.arms[j].trial == trial[row]) changes[j] = searcher.arms[j].treated ? c.treated : c.control;
        }
      }
      const std::size_t reached = attempt(changes);
      bounds.tried_tau2 = judgement.fit.tau2 ? static_cast<double>(*judgement.fit.tau2) : 0.0;
      return reached;
    });
    n = bounds.choices.n;
    rows.swap(known_);
    known_n_ = n;
    known_below_ = below;
    work -= bounds.choices.work;
    boxes += bounds.boxes;
    return outcome;
  }
};

}  // namespace metapool::detail
