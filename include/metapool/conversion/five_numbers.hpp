// SPDX-License-Identifier: BSL-1.0
// Mean and standard deviation from median, quartiles and range.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace metapool {

/// What a trial reports of an arm instead of mean and SD: the median of n patients with the quartiles, the range, or both. Units of the outcome.
template <class Real = double>
struct five_numbers {
  std::optional<Real> minimum{};
  std::optional<Real> q1{};
  Real median{};
  std::optional<Real> q3{};
  std::optional<Real> maximum{};
  Real n{};
  bool has_range() const { return minimum && maximum; }
  bool has_quartiles() const { return q1 && q3; }
};

template <class Real = double>
struct mean_and_sd {
  Real mean{};
  Real sd{};
};

/// Which formulas turn five numbers into mean and standard deviation. All but `bland` and `hozo` are made for normal data.
enum class five_number_method : std::uint8_t {
  luo_shi,  ///< mean of Luo et al. 2018; SD of Wan et al. 2014, with range and quartiles of Shi et al. 2020: the most accurate
  wan,      ///< mean and SD of Wan et al. 2014
  bland,    ///< Bland 2015; needs range and quartiles
  hozo      ///< Hozo et al. 2005; needs the range, does not use the quartiles
};

namespace detail {

template <class Real>
void check(const five_numbers<Real>& x, const char* function) {
  const auto value = [&](const std::optional<Real>& v, const char* name) {
    if (v && !is_finite(*v)) throw_input_error(function, std::string(name) + " = " + to_text(*v) + " must be a finite number");
  };
  value(x.minimum, "minimum");
  value(x.q1, "q1");
  value(x.median, "median");
  value(x.q3, "q3");
  value(x.maximum, "maximum");
  if (x.minimum.has_value() != x.maximum.has_value()) throw_input_error(function, "minimum and maximum must be given together");
  if (x.q1.has_value() != x.q3.has_value()) throw_input_error(function, "q1 and q3 must be given together");
  if (!x.has_range() && !x.has_quartiles()) throw_input_error(function, "quartiles or range must be given with the median");
  if (!(x.n >= 2) || !is_finite(x.n) || !is_whole(x.n)) throw_input_error(function, "n = " + to_text(x.n) + " must be a whole number of at least 2");
  const auto order = [&](const std::optional<Real>& a, const std::optional<Real>& b, const char* names) {
    if (a && b && !(*a <= *b)) throw_input_error(function, std::string(names) + ": " + to_text(*a) + " must not exceed " + to_text(*b));
  };
  order(x.minimum, x.q1, "minimum and q1");
  order(x.minimum, x.median, "minimum and median");
  order(x.q1, x.median, "q1 and median");
  order(x.median, x.q3, "median and q3");
  order(x.median, x.maximum, "median and maximum");
  order(x.q3, x.maximum, "q3 and maximum");
}

/// Expected range of n standard normal values, 2 z((n - 3/8) / (n + 1/4)) (Blom); the upper tail's probability is (5/8) / (n + 1/4).
template <class Real>
Real expected_range(const Real& n) {
  return 2 * normal_upper_quantile<Real>(Real(Real(0.625) / (n + Real(0.25))));
}

/// Expected interquartile range of n standard normal values, 2 z((3 n / 4 - 1/8) / (n + 1/4)).
template <class Real>
Real expected_quartile_range(const Real& n) {
  return 2 * normal_upper_quantile<Real>(Real((n / 4 + Real(0.375)) / (n + Real(0.25))));
}

template <class Real>
Real power(const Real& x, double exponent_times_100) {
  using std::pow;
  return pow(x, Real(Real(exponent_times_100) / 100));
}

}  // namespace detail

/// The standard deviation as a normal sample would have it, by the method.
/// luo_shi: range (max - min) / xi, quartiles (q3 - q1) / eta (Wan 2014), both w (max - min) / xi + (1 - w)(q3 - q1) / eta with
/// w = 1 / (1 + 0.07 n^0.6) (Shi 2020). wan: the same with w = 1/2. bland, hozo: their published formulas.
/// The published coefficients are themselves fits good to about 1 %. Skewed data: see skewness_test and quantile_estimate.
/// Throws input_error if the numbers are not finite or not in order, a pair is incomplete, n is not whole or < 2, or the method lacks what it needs.
/// 13 significant digits of the formula. Wan, Wang, Liu & Tong (2014) BMC Med Res Methodol 14:135, doi:10.1186/1471-2288-14-135;
/// Shi, Luo, Weng et al. (2020) Res Synth Methods 11:641, doi:10.1002/jrsm.1429; Bland (2015) Int J Stat Med Res 4:57, doi:10.6000/1929-6029.2015.04.01.6;
/// Hozo, Djulbegovic & Hozo (2005) BMC Med Res Methodol 5:13, doi:10.1186/1471-2288-5-13.
template <class Real>
Real sd_from_five_numbers(const five_numbers<Real>& x, five_number_method method = five_number_method::luo_shi) {
  using std::sqrt;
  constexpr const char* function = "sd_from_five_numbers";
  detail::check(x, function);
  const Real n = x.n, m = x.median;
  if (method == five_number_method::hozo) {
    if (!x.has_range()) detail::throw_input_error(function, "hozo needs minimum and maximum");
    const Real range = *x.maximum - *x.minimum;
    if (n > 70) return range / 6;
    if (n > 15) return range / 4;
    const Real bend = *x.minimum - 2 * m + *x.maximum;
    return sqrt(Real((bend * bend / 4 + range * range) / 12));
  }
  if (method == five_number_method::bland) {
    if (!x.has_range() || !x.has_quartiles()) detail::throw_input_error(function, "bland needs range and quartiles");
    // Bland's sum of squares about the median: S^2 does not depend on the origin, and squares of large values would cancel
    const Real a = *x.minimum - m, b = *x.q1 - m, d = *x.q3 - m, e = *x.maximum - m;
    const Real sum = a + 2 * b + 2 * d + e;
    const Real s2 = (a * a + 2 * b * b + 2 * d * d + e * e) / 16 + (a * b + d * e) / 8 - sum * sum / 64;
    return sqrt(s2);
  }
  if (!x.has_quartiles()) return (*x.maximum - *x.minimum) / detail::expected_range(n);
  if (!x.has_range()) return (*x.q3 - *x.q1) / detail::expected_quartile_range(n);
  const Real w = method == five_number_method::wan ? Real(0.5) : Real(1 / (1 + Real(7) / 100 * detail::power(n, 60)));
  return w * (*x.maximum - *x.minimum) / detail::expected_range(n) + (1 - w) * (*x.q3 - *x.q1) / detail::expected_quartile_range(n);
}

/// The mean as a normal sample would have it, by the method.
/// luo_shi (Luo 2018): w times the middle of range (w = 4 / (4 + n^0.75)) or quartiles (0.7 + 0.39 / n) and 1 - w times the median; with both
/// 2.2 / (2.2 + n^0.75) of the range's middle and 0.7 - 0.72 / n^0.55 of the quartiles'. wan: (q1 + m + q3) / 3, or Hozo's and Bland's means
/// where the range is known. hozo: (min + 2 m + max) / 4 up to 25 patients, the median above. bland: (min + 2 q1 + 2 m + 2 q3 + max) / 8.
/// Throws as sd_from_five_numbers. 14 significant digits of the formula (of the largest number that went in).
/// Luo, Wan, Liu & Tong (2018) Stat Methods Med Res 27:1785, doi:10.1177/0962280216669183.
template <class Real>
Real mean_from_five_numbers(const five_numbers<Real>& x, five_number_method method = five_number_method::luo_shi) {
  constexpr const char* function = "mean_from_five_numbers";
  detail::check(x, function);
  const Real n = x.n, m = x.median;
  const Real range_bend = x.has_range() ? Real((*x.minimum - m) + (*x.maximum - m)) : Real(0);  // twice the distance of the middle from the median
  const Real quartile_bend = x.has_quartiles() ? Real((*x.q1 - m) + (*x.q3 - m)) : Real(0);
  if (method == five_number_method::hozo) {
    if (!x.has_range()) detail::throw_input_error(function, "hozo needs minimum and maximum");
    return n > 25 ? m : Real(m + range_bend / 4);
  }
  if (method == five_number_method::bland && (!x.has_range() || !x.has_quartiles())) detail::throw_input_error(function, "bland needs range and quartiles");
  if (method != five_number_method::luo_shi) {
    if (!x.has_quartiles()) return m + range_bend / 4;
    if (!x.has_range()) return m + quartile_bend / 3;
    return m + (range_bend + 2 * quartile_bend) / 8;
  }
  const Real n75 = detail::power(n, 75);
  if (!x.has_quartiles()) return m + 4 / (4 + n75) * range_bend / 2;
  if (!x.has_range()) return m + (Real(7) / 10 + Real(39) / 100 / n) * quartile_bend / 2;
  const Real w1 = Real(11) / 5 / (Real(11) / 5 + n75), w2 = Real(7) / 10 - Real(18) / 25 / detail::power(n, 55);
  return m + w1 * range_bend / 2 + w2 * quartile_bend / 2;
}

/// Both at once.
template <class Real>
mean_and_sd<Real> mean_and_sd_from_five_numbers(const five_numbers<Real>& x, five_number_method method = five_number_method::luo_shi) {
  return {mean_from_five_numbers(x, method), sd_from_five_numbers(x, method)};
}

}  // namespace metapool
