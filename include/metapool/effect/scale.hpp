// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/logistic.hpp>

#include <cmath>
#include <cstdint>
#include <string_view>

namespace metapool {

/// The scale on which effects are pooled, and from which results are brought back for a reader. Each is a strictly increasing function
/// of what is read.
enum class scale : std::uint8_t {
  identity,             ///< pooled as it is read (differences of risks or means, raw correlations)
  log,                  ///< natural logarithm of a ratio, rate, proportion or mean
  logit,                ///< log(p / (1 - p)) of a proportion
  arcsine,              ///< asin(sqrt(p)) of a proportion
  double_arcsine,       ///< Freeman and Tukey's mean of two arcsines; see from_freeman_tukey for the way back with a sample size
  square_root,          ///< square root of a rate
  double_square_root,   ///< Freeman and Tukey's mean of two square roots of a rate; see from_freeman_tukey_rate
  fisher_z,             ///< atanh(r) of a correlation
  log_complement,       ///< -log(1 - a) of a reliability (Bonett)
  cube_root_complement  ///< 1 - (1 - a)^(1/3) of a reliability (Hakstian & Whalen)
};

/// Names a scale in running text, as in "on the logit scale".
inline constexpr const char* name(scale s) {
  switch (s) {
    case scale::identity: return "identity";
    case scale::log: return "log";
    case scale::logit: return "logit";
    case scale::arcsine: return "arcsine";
    case scale::double_arcsine: return "double arcsine";
    case scale::square_root: return "square root";
    case scale::double_square_root: return "double square root";
    case scale::fisher_z: return "Fisher z";
    case scale::log_complement: return "log complement";
    case scale::cube_root_complement: return "cube root complement";
  }
  return "";
}

/// What an effect size is: names for code and for readers, and its scale.
struct measure_info {
  std::string_view name = "effect";    ///< identifier, "risk_ratio"
  std::string_view symbol = "y";       ///< column heading, "RR"
  std::string_view label = "effect";   ///< running text, "risk ratio"
  metapool::scale scale = metapool::scale::identity;
  /// Whether 0 on the pooling scale is "no effect". False for a quantity of one group (a proportion, rate, mean, reliability) and where another
  /// number is no effect (a probability of 0.5): reports then show no test against 0, and plots no line of no effect.
  bool comparison = true;
};

namespace detail {

template <class Real>
Real atanh_exact(const Real& r) {
  using std::log1p;
  // (1 / 2) log((1 + r) / (1 - r)); 1 - |r| is exact from 1/2 on, log1p keeps small r
  return r < 0 ? Real(-log1p(Real(-2 * r / (1 + r))) / 2) : Real(log1p(Real(2 * r / (1 - r))) / 2);
}

template <class Real>
Real logit_exact(const Real& p) {
  using std::log, std::log1p;
  // near 1/2 log1p((2 p - 1) / (1 - p)), where 2 p - 1 is exact
  return p > 0.25 && p < 0.75 ? Real(log1p(Real((2 * p - 1) / (1 - p)))) : Real(log(Real(p / (1 - p))));
}

template <class Real>
Real squared_sine(const Real& x) {
  using std::sin, std::cos;
  if (x < 0) return Real(0);
  if (x > 2 || cos(x) < 0) return Real(1);  // beyond pi / 2
  const Real s = sin(x);
  return s * s;
}

}  // namespace detail

/// x of the pooling scale as a reader wants it: exp(x) on the log scale, 1 / (1 + exp(-x)) on the logit scale, tanh(x) on Fisher's z, and so on.
///
/// Never leaves the range of what is read: below 0 the (double) arcsine and square root scales give 0, above pi/2 the former 1, so that the ends of
/// intervals are usable. double_arcsine gives sin^2(x) and double_square_root x^2, which is what their definitions tend to as the sample
/// grows; at a known size from_freeman_tukey and from_freeman_tukey_rate are exact. 15 significant digits.
template <class Real>
Real to_natural(scale s, const Real& x) {
  using std::exp, std::expm1, std::tanh;
  switch (s) {
    case scale::identity: break;
    case scale::log: return exp(x);
    case scale::logit: return detail::logistic(x);
    case scale::arcsine:
    case scale::double_arcsine: return detail::squared_sine(x);
    case scale::square_root:
    case scale::double_square_root: return x < 0 ? Real(0) : Real(x * x);
    case scale::fisher_z: return tanh(x);
    case scale::log_complement: return -expm1(Real(-x));
    case scale::cube_root_complement: return x * (3 - x * (3 - x));  // 1 - (1 - x)^3
  }
  return x;
}

/// The inverse of to_natural: the pooling scale's value of what is read. Domain: x > 0 on the log scale, 0 < p < 1 on the logit scale,
/// 0 <= p <= 1 on the arcsine scales, x >= 0 on the square root scales, -1 < r < 1 on Fisher's z, a < 1 on the complement scales.
/// On the ends of a domain the value may be infinite, outside it is not a number. 15 significant digits, also near 0 and 1.
template <class Real>
Real from_natural(scale s, const Real& x) {
  using std::atan2, std::expm1, std::log, std::log1p, std::sqrt;
  switch (s) {
    case scale::identity: break;
    case scale::log: return log(x);
    case scale::logit: return detail::logit_exact(x);
    case scale::arcsine:
    case scale::double_arcsine: return atan2(Real(sqrt(x)), Real(sqrt(Real(1 - x))));  // asin(sqrt(x)) loses half its digits near 1
    case scale::square_root:
    case scale::double_square_root: return sqrt(x);
    case scale::fisher_z: return detail::atanh_exact(x);
    case scale::log_complement: return -log1p(Real(-x));
    case scale::cube_root_complement: return -expm1(Real(log1p(Real(-x)) / 3));
  }
  return x;
}

}  // namespace metapool
