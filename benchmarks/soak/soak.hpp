// SPDX-License-Identifier: BSL-1.0
// Simulated meta-analyses without heterogeneity by the thousand million: what theory says of their answers exactly, and whether the answers say it too.
#pragma once

#include <metapool/batch/pool.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool_soak {

namespace mp = metapool;

/// A number that each meta-analysis gives, with its mean and standard deviation by theory.
struct quantity {
  std::string name{};
  double mean{}, sd{};
  double rare = 1;  ///< a share whose normal approximation needs many meta-analyses: it is judged only where 100 are expected
};

struct options {
  std::uint64_t replicates = 1000000;
  std::uint64_t seed = 1;
  unsigned threads = 1;
  double spread = 1;  ///< of the errors that are drawn, in true standard errors: any other number than 1 must be found out
};

inline constexpr std::size_t places = 10;     // studies of the largest meta-analysis
inline constexpr std::size_t tenths = 10;
inline constexpr double tails[] = {0.5, 0.1, 0.05, 0.01, 1e-3, 1e-4, 1e-5, 1e-6};

/// E f(X) of chi-squared X for an f that may have a jump or a bend at df only: Simpson's rule on either side, to 1e-10.
template <class F>
double chi_squared_mean(double df, const F& f) {
  const double log_norm = std::lgamma(df / 2) + df / 2 * std::log(2.0);
  const auto piece = [&](double from, double to) {
    constexpr int n = 4000;
    const double step = (to - from) / n;
    double sum = 0;
    for (int i = 0; i <= n; ++i) {
      const double x = i == 0 ? from + 1e-12 * step : i == n ? to - 1e-12 * step : from + i * step;
      sum += (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2) * f(x) * std::exp((df / 2 - 1) * std::log(x) - x / 2 - log_norm);
    }
    return sum * step / 3;
  };
  return piece(0, df) + piece(df, df + 40 * std::sqrt(2 * df));
}

/// The quantities in the order in which `observe` hands them over.
inline std::vector<quantity> quantities() {
  std::vector<quantity> all;
  const auto add = [&](const std::string& name, double mean, double sd, double rare = 1) { all.push_back({name, mean, sd, rare}); };
  const auto share = [&](const std::string& name, double p) { add(name, p, std::sqrt(p * (1 - p)), (std::min)(p, 1 - p)); };
  const auto p_value = [&](const std::string& what) {
    add(what + ": mean of p", 0.5, std::sqrt(1.0 / 12));
    for (const double a : tails) {
      char text[32];
      std::snprintf(text, sizeof text, "%g", a);
      share(what + ": p below " + text, a);
    }
  };
  double fourth = 0;  // mean over 2 to 10 studies of the variance of a squared standardised chi-squared
  for (std::size_t k = 2; k <= places; ++k) fourth += (2 + 12.0 / static_cast<double>(k - 1)) / static_cast<double>(places - 1);
  add("z: mean", 0, 1);
  add("z: mean of squares", 1, std::sqrt(2.0));
  p_value("z");
  add("z: mean of -log10 p", 1 / std::log(10.0), 1 / std::log(10.0));
  share("common effect: interval covers", 0.95);
  add("Q: mean, standardised", 0, 1);
  add("Q: mean of squares, standardised", 1, std::sqrt(fourth));
  p_value("Q");
  add("Q: mean of -log10 p", 1 / std::log(10.0), 1 / std::log(10.0));
  add("z squared times Q, standardised", 0, std::sqrt(3.0));
  p_value("t of Hartung-Knapp around the common effect");
  share("the same: interval covers", 0.95);
  // equal variances: tau2 = v max(0, Q / df - 1) for each of the three estimators, and Hartung-Knapp's statistic is Student's t whatever tau2
  const double df = static_cast<double>(places - 1), z = 1.9599639845400542355;
  const double excess = chi_squared_mean(df, [&](double q) { return (std::max)(0.0, q / df - 1); });
  const double square = chi_squared_mean(df, [&](double q) { return std::pow((std::max)(0.0, q / df - 1), 2); });
  const double none = chi_squared_mean(df, [&](double q) { return q <= df ? 1.0 : 0.0; });
  const double covers = chi_squared_mean(df, [&](double q) { return std::erf(z * std::sqrt((std::max)(1.0, q / df)) / std::sqrt(2.0)); });
  for (const char* name : {"DerSimonian-Laird", "Paule-Mandel", "REML"}) {
    const std::string what(name);
    add(what + ": tau2 / v", excess, std::sqrt(square - excess * excess));
    share(what + ": tau2 is 0", none);
    share(what + ": Wald's interval covers", covers);
    share(what + ": Hartung-Knapp's interval covers", 0.95);
  }
  return all;
}

/// Sums over the meta-analyses [first, last), one for each quantity.
class block {
 public:
  explicit block(std::size_t most) : y_(places * most), v_(places * most), common_(most), spread_(most), wald_(most), knapp_(most) {}

  std::vector<double> run(const options& o, std::uint64_t first, std::size_t n, std::size_t count) {
    std::vector<double> sums(count, 0.0);
    std::vector<mp::detail::random_stream> streams;
    for (std::size_t c = 0; c < n; ++c) streams.emplace_back(o.seed, first + c);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t c = 0; c < n; ++c) {  // 2 to 10 studies, variances from 0.01 to 100
      const std::size_t k = 2 + static_cast<std::size_t>((first + c) % (places - 1));
      for (std::size_t i = 0; i < places; ++i) {
        const bool there = i < k;
        const double se = there ? std::exp(4.6 * (streams[c].uniform() - 0.5)) : nan;
        y_[i * n + c] = there ? o.spread * se * streams[c].normal() : nan;
        v_[i * n + c] = se * se;
      }
    }
    const mp::batch_view<double> data{std::span<const double>(y_).first(places * n), std::span<const double>(v_).first(places * n), places, n};
    mp::batch_common_effect(data, common_.tests(n));
    mp::batch_common_effect(data, spread_.tests(n), {.test = mp::batch_test::hartung_knapp});
    for (std::size_t c = 0; c < n; ++c) {
      const double df = static_cast<double>(1 + (first + c) % (places - 1));
      double* to = sums.data();
      const double zz = common_.statistic[c], q = (common_.q[c] - df) / std::sqrt(2 * df);
      *to++ += zz;
      *to++ += zz * zz;
      to = p_value(to, common_.p[c]);
      *to++ += common_.log_p[c];
      *to++ += covers(common_, c);
      *to++ += q;
      *to++ += q * q;
      to = p_value(to, common_.q_p[c]);
      *to++ += common_.log_q_p[c];
      *to++ += zz * zz * q;
      to = p_value(to, spread_.p[c]);
      *to += covers(spread_, c);
    }
    for (std::size_t c = 0; c < n; ++c) {  // ten studies with one variance
      const double se = std::exp(4.6 * (streams[c].uniform() - 0.5));
      for (std::size_t i = 0; i < places; ++i) {
        y_[i * n + c] = o.spread * se * streams[c].normal();
        v_[i * n + c] = se * se;
      }
    }
    double* to = sums.data() + (count - 12);  // four quantities for each of three estimators come last
    to = random_effects(data, mp::dersimonian_laird{}, n, to);
    to = random_effects(data, mp::paule_mandel{}, n, to);
    random_effects(data, mp::reml{}, n, to);
    return sums;
  }

 private:
  struct answers {
    explicit answers(std::size_t most)
        : statistic(most), p(most), log_p(most), q(most), q_p(most), log_q_p(most), lower(most), upper(most), tau2(most) {}
    std::vector<double> statistic, p, log_p, q, q_p, log_q_p, lower, upper, tau2;
    mp::batch_columns<double> tests(std::size_t n) {
      mp::batch_columns<double> out = interval(n);
      const auto some = [n](std::vector<double>& x) { return std::span<double>(x).first(n); };
      out.statistic = some(statistic);
      out.p = some(p);
      out.minus_log10_p = some(log_p);
      out.q = some(q);
      out.q_p = some(q_p);
      out.q_minus_log10_p = some(log_q_p);
      return out;
    }
    mp::batch_columns<double> interval(std::size_t n) {
      mp::batch_columns<double> out;
      out.lower = std::span<double>(lower).first(n);
      out.upper = std::span<double>(upper).first(n);
      out.tau2 = std::span<double>(tau2).first(n);
      return out;
    }
  };

  static double* p_value(double* to, double p) {
    *to++ += p;
    for (const double a : tails) *to++ += p < a ? 1.0 : 0.0;
    return to;
  }
  static double covers(const answers& a, std::size_t c) { return a.lower[c] <= 0 && 0 <= a.upper[c] ? 1.0 : 0.0; }

  template <class Estimator>
  double* random_effects(const mp::batch_view<double>& data, const Estimator& estimator, std::size_t n, double* to) {
    mp::batch_random_effects(data, estimator, wald_.interval(n));
    mp::batch_random_effects(data, estimator, knapp_.interval(n), {.test = mp::batch_test::hartung_knapp});
    for (std::size_t c = 0; c < n; ++c) {
      to[0] += wald_.tau2[c] / data.v[c];
      to[1] += wald_.tau2[c] == 0 ? 1.0 : 0.0;
      to[2] += covers(wald_, c);
      to[3] += covers(knapp_, c);
    }
    return to + 4;
  }

  std::vector<double> y_, v_;
  answers common_, spread_, wald_, knapp_;
};

/// How far the mean of a quantity lies from theory, in Monte Carlo standard errors; of all meta-analyses, and the farthest of the tenths.
struct finding {
  quantity of{};
  double seen{};
  double off{}, worst_tenth{};
  bool judged = true;
  bool holds() const { return !judged || (std::fabs(off) <= 4.5 && std::fabs(worst_tenth) <= 5); }  // NaN does not hold
};

/// Runs them, each from its own stream (seed, number); the findings are the same bits for any number of threads. replicates is rounded down to tenths.
inline std::vector<finding> soak(const options& o) {
  constexpr std::size_t size = 1024;
  const std::vector<quantity> all = quantities();
  const std::uint64_t tenth = o.replicates / tenths;
  std::vector<std::vector<double>> sums(tenths, std::vector<double>(all.size(), 0.0));
  for (std::size_t t = 0; t < tenths; ++t) {
    constexpr std::size_t round = 4096;  // blocks whose sums are kept at a time
    const std::size_t blocks = static_cast<std::size_t>((tenth + size - 1) / size);
    for (std::size_t begin = 0; begin < blocks; begin += round) {
      const std::size_t here = (std::min)(round, blocks - begin);
      std::vector<std::vector<double>> parts(here);
      mp::detail::parallel_blocks(here, 16, o.threads, [&](std::size_t from, std::size_t to) {
        block work(size);
        for (std::size_t b = from; b < to; ++b) {
          const std::uint64_t first = (begin + b) * size, n = (std::min)(std::uint64_t(size), tenth - first);
          parts[b] = work.run(o, t * tenth + first, static_cast<std::size_t>(n), all.size());
        }
      });
      for (const auto& part : parts) {
        for (std::size_t i = 0; i < all.size(); ++i) sums[t][i] += part[i];
      }
    }
  }
  std::vector<finding> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    finding f{.of = all[i]};
    const double n = static_cast<double>(tenth), whole = n * tenths;
    double sum = 0;
    for (const auto& s : sums) {
      sum += s[i];
      const double off = (s[i] / n - f.of.mean) / (f.of.sd / std::sqrt(n));
      if (!(std::fabs(off) <= std::fabs(f.worst_tenth)) && n * f.of.rare >= 100) f.worst_tenth = off;
    }
    f.seen = sum / whole;
    f.off = (f.seen - f.of.mean) / (f.of.sd / std::sqrt(whole));
    f.judged = whole * f.of.rare >= 100;
    found.push_back(f);
  }
  return found;
}

}  // namespace metapool_soak
