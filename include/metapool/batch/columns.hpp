// SPDX-License-Identifier: BSL-1.0
// Many meta-analyses as columns: what goes in and what comes out.
#pragma once

#include <metapool/data/check.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace metapool {

/// m meta-analyses of up to k studies each, study by study: y[i * columns + c] is the effect of study i in meta-analysis c, v its variance.
/// A study that meta-analysis c does not have is NaN in y or in v. Scale: that on which effects are pooled (logarithms for ratios).
template <class Real = double>
struct batch_view {
  std::span<const Real> y{};  ///< studies x columns numbers
  std::span<const Real> v{};  ///< likewise
  std::size_t studies = 0;
  std::size_t columns = 0;
};

/// What became of one column. Its numbers are NaN unless said otherwise.
enum class batch_status : std::uint8_t {
  ok,
  one_study,      ///< estimate and, by z, se, interval and p are the study's own (Hartung and Knapp's are NaN); Q = 0, I2 = 0, H2 = 1; tau2 and Q's p are NaN
  no_studies,
  invalid,        ///< a y that is infinite, or a v that is infinite or not positive; a count that breaks its contract
  out_of_range,   ///< too large, too small or too far apart for this number type: change the unit of the outcome
  not_estimable,  ///< the data do not determine the estimate (counts), or all effects are equal, or one study outweighs all others, and Hartung and Knapp's interval has no width: estimate, tau2 and heterogeneity stay
  not_converged
};

/// Where the answers go: spans of as many numbers as there are columns. An empty span asks for nothing and costs nothing.
template <class Real = double>
struct batch_columns {
  std::span<Real> estimate{};
  std::span<Real> se{};               ///< the one that interval and test use
  std::span<Real> lower{}, upper{};   ///< ends of the interval
  std::span<Real> statistic{};        ///< estimate / se
  std::span<Real> p{};                ///< two-sided; 0 where it is below the smallest number
  std::span<Real> minus_log10_p{};    ///< of that p, 12 digits (float: 3) also where p is below the smallest number
  std::span<Real> tau2{};             ///< between-study variance; 0 for the common effect
  std::span<Real> q{};                ///< Cochran's Q
  std::span<Real> q_p{};              ///< its p against chi-squared with studies - 1 degrees of freedom
  std::span<Real> q_minus_log10_p{};  ///< of that p, also below the smallest number
  std::span<Real> i2{};               ///< max(0, (Q - df) / Q), a fraction
  std::span<Real> h2{};               ///< Q / df; 1 with one study
  std::span<std::uint32_t> studies{}; ///< pooled in each column
  std::span<batch_status> status{};
};

/// Which interval and test of the mean.
enum class batch_test : std::uint8_t {
  z,             ///< estimate -+ z se, as wald_z
  hartung_knapp  ///< as hartung_knapp with the floor given
};

struct batch_options {
  double level = 0.95;
  batch_test test = batch_test::z;
  double floor = 0;      ///< of Hartung and Knapp's scale factor: 1 for the modified method
  unsigned threads = 1;  ///< 0: as many as the processor has; the bits are the same for any number
};

namespace detail {

/// Throws input_error if a span's size is not that of the columns.
template <class Real>
void check_batch_output(const char* function, const batch_columns<Real>& out, std::size_t columns) {
  const auto check = [&](const char* name, std::size_t size) {
    if (size == 0 || size == columns) return;
    std::string message(name);
    message.append(" has ").append(std::to_string(size)).append(" places for ").append(std::to_string(columns)).append(" columns");
    throw_input_error(function, message);
  };
  check("estimate", out.estimate.size());
  check("se", out.se.size());
  check("lower", out.lower.size());
  check("upper", out.upper.size());
  check("statistic", out.statistic.size());
  check("p", out.p.size());
  check("minus_log10_p", out.minus_log10_p.size());
  check("tau2", out.tau2.size());
  check("q", out.q.size());
  check("q_p", out.q_p.size());
  check("q_minus_log10_p", out.q_minus_log10_p.size());
  check("i2", out.i2.size());
  check("h2", out.h2.size());
  check("studies", out.studies.size());
  check("status", out.status.size());
}

template <class = void>
void check_batch_options(const char* function, const batch_options& o) {
  check_level(function, o.level);
  if (!(o.floor >= 0) || !std::isfinite(o.floor)) throw_input_error(function, "floor = " + to_text(o.floor) + " must be finite and not negative");
}

template <class Real>
void check_batch_input(const char* function, const batch_view<Real>& data) {
  if (data.studies == 0) throw_input_error(function, "studies = 0: there must be at least one row");
  if (data.columns != 0 && data.studies > static_cast<std::size_t>(-1) / sizeof(Real) / data.columns) throw_input_error(function, "studies x columns is too large");
  if (data.y.size() != data.studies * data.columns || data.v.size() != data.y.size()) throw_input_error(function, "y and v must have studies x columns numbers");
}

}  // namespace detail
}  // namespace metapool
