// SPDX-License-Identifier: BSL-1.0
// From a column's sums to intervals, tests and heterogeneity.
#pragma once

#include <metapool/batch/column_sums.hpp>
#include <metapool/batch/columns.hpp>
#include <metapool/batch/finish_tile.hpp>
#include <metapool/batch/tails.hpp>
#include <metapool/math/normal_or_t.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Critical values by degrees of freedom, each computed when first asked for.
template <class Real>
class critical_values {
 public:
  critical_values(double level, std::size_t studies) : level_(level), normal_(normal_critical<Real>(level)), t_(studies, Real(0)) {}
  const Real& normal() const { return normal_; }
  const Real& t(std::size_t df) {
    if (!(t_[df] > 0)) t_[df] = t_critical<Real>(level_, static_cast<Real>(df));
    return t_[df];
  }

 private:
  double level_;
  Real normal_;
  std::vector<Real> t_;
};

/// Where the answers of one column go, each only if it is asked for.
template <class Real>
class column_writer {
 public:
  column_writer(const batch_columns<Real>& out, const batch_options& options, std::size_t studies) : out_(out), options_(options), critical_(options.level, studies) {
    // what does not fit into a cache need not be read into one before it is written
    std::size_t wanted = 0;
    for (const std::span<Real>& column : {out.estimate, out.se, out.lower, out.upper, out.statistic, out.p, out.tau2, out.q, out.q_p, out.i2, out.h2}) wanted += column.size();
    past_caches_ = wanted * sizeof(Real) > (std::size_t{4} << 20);
    wants_test_ = !(out.statistic.empty() && out.p.empty() && out.minus_log10_p.empty() && out.lower.empty() && out.upper.empty());
    wants_p_ = !(out.p.empty() && out.minus_log10_p.empty());
    wants_interval_ = !(out.lower.empty() && out.upper.empty());
    wants_heterogeneity_ = !(out.q.empty() && out.q_p.empty() && out.q_minus_log10_p.empty() && out.i2.empty() && out.h2.empty());
  }

  bool wants_heterogeneity() const { return wants_heterogeneity_; }

  /// Estimate, se, interval and test; df = 0 for the normal distribution.
  void mean(std::size_t c, const Real& estimate, const Real& se, std::size_t df) {
    if (!out_.estimate.empty()) out_.estimate[c] = estimate;
    if (!out_.se.empty()) out_.se[c] = se;
    if (!wants_test_) return;
    const Real statistic = estimate / se;
    if (!out_.statistic.empty()) out_.statistic[c] = statistic;
    if (wants_interval_) {
      const Real half = (df == 0 ? critical_.normal() : critical_.t(df)) * se;
      if (!out_.lower.empty()) out_.lower[c] = estimate - half;
      if (!out_.upper.empty()) out_.upper[c] = estimate + half;
    }
    if (!wants_p_) return;
    const Real p = df == 0 ? normal_two_sided_p<Real>(statistic) : t_two_sided_p<Real>(statistic, static_cast<Real>(df));
    if (!out_.p.empty()) out_.p[c] = p;
    if (!out_.minus_log10_p.empty()) {
      out_.minus_log10_p[c] = df == 0 ? batch_normal_minus_log10_p(statistic, p) : batch_t_minus_log10_p(statistic, static_cast<Real>(df), p);
    }
  }

  /// An estimate without test or interval.
  void mean_alone(std::size_t c, const Real& estimate) {
    if (!out_.estimate.empty()) out_.estimate[c] = estimate;
    no_mean_test(c);
  }

  void heterogeneity(std::size_t c, const Real& q, std::size_t df) {
    if (!out_.q.empty()) out_.q[c] = q;
    const Real n = static_cast<Real>(df);
    if (!out_.i2.empty()) out_.i2[c] = q > n ? (q - n) / q : Real(0);
    if (!out_.h2.empty()) out_.h2[c] = df == 0 ? Real(1) : q / n;
    if (out_.q_p.empty() && out_.q_minus_log10_p.empty()) return;
    const Real p = batch_chi_squared_p(q, df);
    if (!out_.q_p.empty()) out_.q_p[c] = p;
    if (!out_.q_minus_log10_p.empty()) out_.q_minus_log10_p[c] = batch_chi_squared_minus_log10_p(q, df, p);
  }

  /// Which of column_answers are wanted.
  bool wants_test() const { return wants_test_; }
  bool wants_p() const { return wants_p_; }
  bool wants_spread() const { return !(out_.i2.empty() && out_.h2.empty()) || wants_q_p(); }
  bool wants_q_p() const { return !(out_.q_p.empty() && out_.q_minus_log10_p.empty()); }
  const Real& critical() const { return critical_.normal(); }

  /// The same answers as column by column for the normal distribution, an output at a time. Precondition: sums.regular, answers filled as wanted.
  void block(std::size_t begin, const column_sums<Real>& sums, const column_answers<Real>& answers, std::size_t n) {
    put(out_.estimate, sums.mean, begin, n);
    put(out_.se, sums.se, begin, n);
    put(out_.tau2, sums.tau2, begin, n);
    put(out_.q, sums.q, begin, n);
    put(out_.lower, answers.lower, begin, n);
    put(out_.upper, answers.upper, begin, n);
    put(out_.statistic, answers.statistic, begin, n);
    put(out_.p, answers.p, begin, n);
    put(out_.i2, answers.i2, begin, n);
    put(out_.h2, answers.h2, begin, n);
    put(out_.q_p, answers.q_p, begin, n);
    if (!out_.status.empty()) std::fill_n(out_.status.data() + begin, n, batch_status::ok);
    for (std::size_t i = 0; i < n && !out_.studies.empty(); ++i) out_.studies[begin + i] = static_cast<std::uint32_t>(sums.count[i]);
    for (std::size_t i = 0; i < n && !out_.minus_log10_p.empty(); ++i) out_.minus_log10_p[begin + i] = batch_normal_minus_log10_p(answers.statistic[i], answers.p[i]);
    for (std::size_t i = 0; i < n && !out_.q_minus_log10_p.empty(); ++i) {
      out_.q_minus_log10_p[begin + i] = batch_chi_squared_minus_log10_p(sums.q[i], static_cast<std::size_t>(sums.count[i]) - 1, answers.q_p[i]);
    }
  }

  void tau2(std::size_t c, const Real& tau2) {
    if (!out_.tau2.empty()) out_.tau2[c] = tau2;
  }

  void counted(std::size_t c, std::size_t studies, batch_status status) {
    if (!out_.studies.empty()) out_.studies[c] = static_cast<std::uint32_t>(studies);
    if (!out_.status.empty()) out_.status[c] = status;
  }

  /// No test and no interval.
  void no_mean_test(std::size_t c) {
    for (const std::span<Real>& column : {out_.lower, out_.upper, out_.statistic, out_.p, out_.minus_log10_p, out_.se}) blank(column, c);
  }

  void blank_heterogeneity(std::size_t c) {
    for (const std::span<Real>& column : {out_.q, out_.q_p, out_.q_minus_log10_p, out_.i2, out_.h2}) blank(column, c);
  }

  void blank_all(std::size_t c) {
    blank(out_.estimate, c);
    blank(out_.tau2, c);
    no_mean_test(c);
    blank_heterogeneity(c);
  }

 private:
  void put(const std::span<Real>& to, const Real* from, std::size_t begin, std::size_t n) {
    if (!to.empty()) copy_columns(to.data() + begin, from, n, past_caches_);
  }

  static void blank(const std::span<Real>& column, std::size_t c) {
    if (!column.empty()) column[c] = std::numeric_limits<Real>::quiet_NaN();
  }

  const batch_columns<Real>& out_;
  batch_options options_;
  critical_values<Real> critical_;
  bool past_caches_ = false, wants_test_ = false, wants_p_ = false, wants_interval_ = false, wants_heterogeneity_ = false;
};

}  // namespace metapool::detail
