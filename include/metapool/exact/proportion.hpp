// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/exact/tail_sums.hpp>
#include <metapool/math/beta.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace metapool {

/// Ends of an interval of a proportion, in [0, 1].
template <class Real = double>
struct proportion_limits {
  Real lower{};
  Real upper{};
};

/// One proportion with its interval.
template <class Real = double>
struct proportion_result {
  using real_type = Real;
  std::string method{};  ///< "Clopper-Pearson", ...
  Real estimate{};       ///< events / total
  Real lower{};
  Real upper{};
  double level = 0.95;
};

/// An interval of a proportion: a value with `level` and a static `name` that is called with (events, total), 0 <= events <= total,
/// total > 0, whole. A user's own type that meets it works wherever clopper_pearson{} does.
template <class T, class Real = double>
concept proportion_interval_method = requires(const T& t, const Real& x) {
  { t(x, x) } -> std::convertible_to<proportion_limits<Real>>;
  { t.level } -> std::convertible_to<double>;
  { T::name } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// X of `trials` patients have the event; as a law of tail_sums.hpp, with the odds p / (1 - p).
template <class Real>
struct binomial_count {
  Real trials{};
  Real observed{};
  Real lowest{};
  Real highest = trials;
  Real ratio(const Real& odds, const Real& y) const { return odds * (trials - y) / (y + 1); }
  Real mode(const Real& odds) const {
    using std::floor;
    const Real y = floor(odds > 1 ? Real((trials + 1) / (1 + 1 / odds)) : Real((trials + 1) * (odds / (1 + odds))));
    return (std::min)(y, trials);
  }
};

/// The odds at which P(X > events) + share P(X = events) = alpha, 0 < events.
template <class Real>
Real binomial_lower_odds(const Real& events, const Real& others, const Real& share, const Real& alpha) {
  using std::exp, std::log, std::sqrt;
  const Real a = events, b = others + Real(1) / 2;
  convergence<Real> state;
  const binomial_count<Real> law{Real(events + others), events};
  const Real log_odds = lower_limit(law, share, alpha, Real(log(a / b)), Real(sqrt(1 / a + 1 / b)), state);
  if (!state.converged) throw convergence_error("proportion_interval: the search for a limit did not converge");
  return exp(log_odds);
}

/// Both limits; the upper one from the odds against the event, so that it keeps its digits near 0 and near 1.
template <class Real>
proportion_limits<Real> binomial_limits(const Real& events, const Real& others, const Real& share, double level) {
  const Real alpha = (1 - Real(level)) / 2;
  proportion_limits<Real> r{Real(0), Real(1)};
  if (events > 0) r.lower = 1 / (1 + 1 / binomial_lower_odds(events, others, share, alpha));
  if (others > 0) r.upper = 1 / (1 + binomial_lower_odds(others, events, share, alpha));
  return r;
}

}  // namespace detail

/// Exact interval: the proportions at which neither binomial tail of what was seen, with what was seen, is below (1 - level)/2.
/// Covers at least `level`, mostly more. Sums of binomial probabilities from the mode outward; lower is 0 if no, upper is 1 if every patient has the event.
/// Clopper & Pearson (1934) Biometrika 26:404, doi:10.1093/biomet/26.4.404.
struct clopper_pearson {
  double level = 0.95;
  static constexpr std::string_view name = "Clopper-Pearson";
  template <class Real>
  proportion_limits<Real> operator()(const Real& events, const Real& total) const {
    return detail::binomial_limits(events, Real(total - events), Real(1), level);
  }
};

/// The same with half the probability of what was seen: narrower, covers `level` on average and not at least.
/// Berry & Armitage (1995) Statistician 44:417.
struct clopper_pearson_mid_p {
  double level = 0.95;
  static constexpr std::string_view name = "mid-p";
  template <class Real>
  proportion_limits<Real> operator()(const Real& events, const Real& total) const {
    return detail::binomial_limits(events, Real(total - events), Real(Real(1) / 2), level);
  }
};

/// Equal-tailed posterior interval under Jeffreys' prior beta(1/2, 1/2), with lower 0 if no and upper 1 if every patient has the event.
/// Brown, Cai & DasGupta (2001) Stat Sci 16:101, doi:10.1214/ss/1009213286.
struct jeffreys {
  double level = 0.95;
  static constexpr std::string_view name = "Jeffreys";
  template <class Real>
  proportion_limits<Real> operator()(const Real& events, const Real& total) const {
    const Real alpha = (1 - Real(level)) / 2, half = Real(1) / 2, others = total - events;
    return {events == 0 ? Real(0) : detail::beta_quantile<Real>(Real(events + half), Real(others + half), alpha),
            others == 0 ? Real(1) : detail::beta_quantile_upper<Real>(Real(events + half), Real(others + half), alpha)};
  }
};

/// Score interval: the proportions that a z test with the variance under the hypothesis does not reject.
/// Wilson (1927) J Am Stat Assoc 22:209, doi:10.1080/01621459.1927.10502953.
struct wilson {
  double level = 0.95;
  static constexpr std::string_view name = "Wilson";
  template <class Real>
  proportion_limits<Real> operator()(const Real& events, const Real& total) const {
    using std::sqrt;
    const Real z = detail::normal_critical<Real>(level);
    const Real others = total - events, z2 = z * z;
    // The roots of (n + z^2) p^2 - (2x + z^2) p + x^2/n = 0; the smaller one as the product of both over the larger one.
    const Real sum = (2 * events + z2) + z * sqrt(4 * (events * (others / total)) + z2);
    return {events == 0 ? Real(0) : Real(2 * events * (events / total) / sum), others == 0 ? Real(1) : Real(sum / (2 * (total + z2)))};
  }
};

/// The proportion of one arm with its interval, as fractions.
///
///     proportion_interval(binary_arm<>{.events = 2, .total = 11});                  // 18 % (2 to 52), Clopper-Pearson
///     proportion_interval(trial.control, wilson{.level = 0.9});
///
/// Throws input_error if a count is missing, not finite, negative or not whole, events > total, total = 0, total not below 1/epsilon (2^52 for double), or the level is not in (0, 1).
/// 12 significant digits or better for totals up to 10^9.
template <class Real, class Method = clopper_pearson>
  requires proportion_interval_method<Method, Real>
proportion_result<Real> proportion_interval(const binary_arm<Real>& arm, const Method& method = {}) {
  constexpr const char* function = "proportion_interval";
  const auto count = [&](const std::optional<Real>& value, const std::string& what) {
    if (!value) detail::throw_input_error(function, what + " is not reported");
    const auto fail = [&](const char* rule) { detail::throw_input_error(function, what + " = " + detail::to_text(*value) + " " + rule); };
    if (!detail::is_finite(*value)) fail("must be a finite number");
    if (!(*value >= 0)) fail("must not be negative");
    if (!detail::is_whole(*value)) fail("must be a whole number");
    return *value;
  };
  const Real events = count(arm.events, "events"), total = count(arm.total, "total");
  if (!(total > 0)) detail::throw_input_error(function, "total = 0 must be positive");
  if (!(events <= total)) {
    detail::throw_input_error(function, "events = " + detail::to_text(events) + " must not exceed the total of " + detail::to_text(total));
  }
  if (!(total < 1 / std::numeric_limits<Real>::epsilon())) {
    detail::throw_input_error(function, "total = " + detail::to_text(total) + " is too large to be counted one by one in this number type");
  }
  detail::check_level(function, method.level);
  const proportion_limits<Real> limits = method(events, total);
  return {std::string(Method::name), Real(events / total), limits.lower, limits.upper, method.level};
}

}  // namespace metapool
