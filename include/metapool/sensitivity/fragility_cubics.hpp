// SPDX-License-Identifier: BSL-1.0
// What the changes of each trial add to the sums of Mantel and Haenszel's estimators: polynomials of the events of both arms.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/sensitivity/fragility_ranges.hpp>
#include <metapool/sensitivity/fragility_ratio.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Coefficients of 1, a, c, a^2, a c, c^2, a^2 c, a c^2: a and c are the events of the treated and the control arm.
using count_polynomial = std::array<double, 8>;

/// The sums of one table as polynomials, n1 and n2 being the patients in each arm. R = a n2 / N, S = c n1 / N and P = (n1 n2 (a + c) - N a c) / N^2 of the risk ratio; R = a d / N, S = b c / N,
/// P R = (a + d) a d / N^2 and Q S = (b + c) b c / N^2 of the odds ratio; of the risk difference R = (a n2 - c n1) / N, S = n1 n2 / N, Sato's P and J.
inline std::array<count_polynomial, 4> polynomials_of(ratio_kind kind, double n1, double n2) {
  const double n = n1 + n2, nn = n * n;
  switch (kind) {
    case ratio_kind::risk_ratio: return {{{0, n2 / n}, {0, 0, n1 / n}, {0, n1 * n2 / nn, n1 * n2 / nn, 0, -1 / n}, {}}};
    case ratio_kind::odds_ratio:
      return {{{0, n2 / n, 0, 0, -1 / n}, {0, 0, n1 / n, 0, -1 / n}, {0, n2 * n2 / nn, 0, n2 / nn, -2 * n2 / nn, 0, -1 / nn, 1 / nn}, {0, 0, n1 * n1 / nn, 0, -2 * n1 / nn, n1 / nn, 1 / nn, -1 / nn}}};
    case ratio_kind::risk_difference:
      return {{{0, n2 / n, -n1 / n}, {n1 * n2 / n}, {n1 * n2 * (n2 - n1) / (2 * nn), -n2 * n2 / nn, n1 * n1 / nn}, {0, n2 / (2 * n), n1 / (2 * n), 0, -1 / n}}};
    case ratio_kind::inverse_variance: break;
  }
  return {};
}

inline double value_at(const count_polynomial& p, double a, double c) { return p[0] + a * (p[1] + a * p[3]) + c * (p[2] + c * p[5]) + a * c * (p[4] + a * p[6] + c * p[7]); }

/// A polynomial along a line: at (a, c) + i (s, t) it is f[0] + f[1] i + f[2] i^2 + f[3] i^3; s and t are 1 or -1.
inline std::array<double, 4> along(const count_polynomial& p, double a, double c, double s, double t) {
  return {value_at(p, a, c), p[1] * s + p[2] * t + 2 * p[3] * a * s + p[4] * (a * t + c * s) + 2 * p[5] * c * t + p[6] * a * (2 * c * s + a * t) + p[7] * c * (c * s + 2 * a * t),
          p[3] + p[4] * s * t + p[5] + p[6] * (c + 2 * a * s * t) + p[7] * (a + 2 * c * s * t), p[6] * t + p[7] * s};
}

/// Where a cubic has its only local maximum; NaN if it has none.
inline double top_of_cubic(const std::array<double, 4>& f) {
  const double square = f[2] * f[2] - 3 * f[1] * f[3];
  if (!(square > 0)) return std::numeric_limits<double>::quiet_NaN();
  const double root = std::sqrt(square);
  return f[2] < 0 ? f[1] / (root - f[2]) : (-f[2] - root) / (3 * f[3]);
}

/// A source of fragility_climb. Tables with the arms so that the goal lies below no effect. Policy: one that looks at each table alone.
template <class Real, class Measure, class Policy>
class fragility_cubics {
 public:
  static constexpr ratio_kind kind =
      std::same_as<Measure, risk_ratio> ? ratio_kind::risk_ratio : std::same_as<Measure, odds_ratio> ? ratio_kind::odds_ratio : ratio_kind::risk_difference;

  fragility_cubics(std::vector<two_by_two<Real>> tables, std::vector<fragility_range> rooms, const Policy& policy)
      : tables_(std::move(tables)), rooms_(std::move(rooms)), policy_(policy), on_(), of_(tables_.size()), sum_(tables_.size()) {
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const two_by_two<Real>& t = tables_[i];
      const two_by_two<Real> empty{Real(0), t.treated_total(), Real(0), t.control_total()};
      std::array<double, 4> most{};  // what may be added to a table
      const std::array<Real, 4> added = added_to(empty);
      for (std::size_t j = 0; j < 4; ++j) most[j] = static_cast<double>(added[j]);
      trial& x = of_[i];
      const bool always = always_corrected();
      x.a = static_cast<double>(t.a) + (always ? most[0] : 0);
      x.c = static_cast<double>(t.c) + (always ? most[2] : 0);
      x.n1 = static_cast<double>(t.treated_total());
      x.n2 = static_cast<double>(t.control_total());
      x.sums = polynomials_of(kind, x.n1 + (always ? most[0] + most[1] : 0), x.n2 + (always ? most[2] + most[3] : 0));
      const double n1 = x.n1 + most[0] + most[1], n2 = x.n2 + most[2] + most[3];
      patients_ = (std::max)(patients_, n1 + n2);
      most_s_ += 1.000001 * (n1 * n2 / (n1 + n2) + most[0] + most[2]);
      for (const double m : most) {
        if (m > 0) least_cell_ = (std::min)(least_cell_, m);
      }
    }
  }

  double work = 0;  ///< moves looked at
  std::size_t trials() const { return of_.size(); }
  const fragility_range& room(std::size_t i) const { return rooms_[i]; }
  void reach(std::size_t) const {}
  static constexpr bool complete() { return true; }

  // A product of two cells by all patients, and what all trials can have.
  double low_ratio() const { return kind == ratio_kind::risk_difference ? -1 : 0.999 * least_cell_ * least_cell_ / (patients_ * most_s_); }
  double high_ratio() const { return kind == ratio_kind::risk_difference ? 1 : 1 / low_ratio(); }
  /// P R <= R and Q S <= S of the odds ratio, P <= R + S of the risk ratio; of the risk difference P <= 3/2 S in size, and J <= S / 2.
  double most_omega(const ratio_interval& b) const {
    return most_s_ * (kind == ratio_kind::risk_difference ? 0.5 + 1.5 * (std::max)(std::fabs(b.low[0]), std::fabs(b.high[0])) : 1 + 1 / b.low[0]);
  }
  /// A product of three cells by the square of all patients.
  double least_omega(const ratio_interval& b) const {
    if (kind == ratio_kind::risk_difference) return 0;
    return 0.499 * least_cell_ * least_cell_ * least_cell_ / (patients_ * patients_ * (std::max)(1.0, b.high[0]));
  }

  ratio_terms terms(std::size_t i, const fragility_move& m) const {
    const two_by_two<Real>& t = tables_[i];
    const two_by_two<Real> x{t.a + Real(m.treated), t.b - Real(m.treated), t.c + Real(m.control), t.d - Real(m.control)};
    if (dropped_as_double_zero(x, policy_.double_zeros, Measure{})) return {};
    mantel_haenszel_sums<Real> s;
    Real weight{};
    add_table(s, plus(x, added_to(x)), Measure{}, weight);
    const auto value = [](const Real& r) { return static_cast<double>(r); };
    if (kind == ratio_kind::risk_ratio) return {value(s.r), value(s.s), value(s.p), 0};
    if (kind == ratio_kind::odds_ratio) return {value(s.r), value(s.s), value(s.pr), value(s.qs)};
    return {value(s.r), value(s.s), value(s.p), value(s.j)};
  }

  void prepare(const ratio_terms& on) {
    on_ = on;
    for (std::size_t i = 0; i < of_.size(); ++i) {
      sum_[i] = {};
      for (std::size_t j = 0; j < on.size(); ++j) {
        for (std::size_t e = 0; e < sum_[i].size(); ++e) sum_[i][e] += on[j] * of_[i].sums[j][e];
      }
    }
  }

  /// The largest value at so many changes of a trial in a range: on each of four lines at an end or next to where the cubic is largest. Corrections, and tables that are dropped, are
  /// at ends, next to which the cubic may then be largest.
  double best(std::size_t i, std::size_t cost, const fragility_range& in, fragility_move& to) {
    const trial& x = of_[i];
    double most = -std::numeric_limits<double>::infinity();
    in.each_line(cost, [&](std::int32_t s, std::int32_t t, std::int32_t first, std::int32_t last) {
      const auto all = static_cast<std::int32_t>(cost);
      const std::array<double, 4> f = along(sum_[i], x.a, x.c + t * static_cast<double>(all), s, -t);
      const auto look = [&](std::int32_t at) {
        const fragility_move m{s * at, t * (all - at)};
        const double u = at, value = (at == first || at == last) && special(i, m) ? ratio_form{on_, 0}(terms(i, m)) : f[0] + u * (f[1] + u * (f[2] + u * f[3]));
        if (!(value > most)) return;
        most = value;
        to = m;
      };
      work += 4;
      look(first);
      if (last > first) look(last);
      if (last < first + 2) return;
      // what is next to an end that is not what the cubic says
      if (special(i, {s * first, t * (all - first)})) look(first + 1);
      if (special(i, {s * last, t * (all - last)})) look(last - 1);
      const double top = top_of_cubic(f);
      if (!(top > first && top < last)) return;  // NaN too
      const auto below = (std::max)(first + 1, static_cast<std::int32_t>(top));
      look((std::min)(below, last - 1));
      if (below + 1 < last) look(below + 1);
    });
    return most;
  }

 private:
  struct trial {
    double a = 0, c = 0;    ///< events, with what is always added
    double n1 = 0, n2 = 0;  ///< patients
    std::array<count_polynomial, 4> sums{};
  };

  std::array<Real, 4> added_to(const two_by_two<Real>& t) const { return additions(policy_, t, zero_cell_context<Real>{}, std::same_as<Measure, risk_ratio>); }

  bool always_corrected() const {
    if constexpr (requires { policy_.when; }) return policy_.when == correct_when::all;
    return false;
  }

  /// Whether a table is not what the polynomials say.
  bool special(std::size_t i, const fragility_move& m) const {
    if constexpr (std::same_as<Policy, no_correction>) {
      if (policy_.double_zeros != double_zero::drop) return false;
    }
    const two_by_two<Real>& t = tables_[i];
    const Real a = Real(m.treated), c = Real(m.control);
    return t.a + a == 0 || t.b == a || t.c + c == 0 || t.d == c;
  }

  std::vector<two_by_two<Real>> tables_;
  std::vector<fragility_range> rooms_;
  Policy policy_;
  ratio_terms on_;
  std::vector<trial> of_;
  std::vector<count_polynomial> sum_;  ///< of each trial: the function to maximise
  double patients_ = 1, most_s_ = 0, least_cell_ = 1;
};

}  // namespace metapool::detail
