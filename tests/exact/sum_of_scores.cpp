// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/sum_of_scores.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

using namespace metapool;
using metapool_test::close;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

namespace {

std::vector<double> shares(std::vector<double> weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  for (double& w : weights) w /= sum;
  return weights;
}

/// P(sum of w_i V_i <= x) with V_i = -log(1 - U_i / 1.01), the weights all different: with s = 1.01 and L = log 101 the density s (exp(-v) [v > 0] - exp(-L) exp(-(v - L)) [v > L]), so
/// that over the subsets of scores with their second part, sums of exponential variables, by partial fractions.
double by_partial_fractions(const std::vector<double>& weights, double x) {
  const std::size_t k = weights.size();
  const wide s = wide(101) / 100, reach = log(wide(101)), end = exp(-reach);
  std::vector<wide> w;
  for (const double v : weights) w.emplace_back(v);
  wide total = 0;
  for (std::size_t set = 0; set < (std::size_t(1) << k); ++set) {
    wide part = 1, left = x;
    for (std::size_t i = 0; i < k; ++i) {
      part *= s;
      if ((set >> i) % 2 == 0) continue;
      part *= -end;
      left -= w[i] * reach;
    }
    if (!(left > 0)) continue;
    wide cdf = 1;
    for (std::size_t i = 0; i < k; ++i) {
      wide c = 1;
      for (std::size_t j = 0; j < k; ++j) {
        if (j != i) c *= w[i] / (w[i] - w[j]);
      }
      cdf -= c * exp(wide(-left / w[i]));
    }
    total += part * cdf;
  }
  return static_cast<double>(total);
}

/// The same of V_i = asin(U_i / 1.01): the density of w V, (s/w) (cos(v/w) [v > 0] - (cos L cos((v - wL)/w) - sin L sin((v - wL)/w)) [v > wL]), has the transform of two power series in
/// 1/p, the second delayed by w L. Over the subsets their products, each power of which has one of x as its inverse.
class arcsine_series {
 public:
  explicit arcsine_series(const std::vector<double>& weights) {
    const wide s = wide(101) / 100;
    reach_ = asin(wide(1 / s));
    for (std::size_t set = 0; set < (std::size_t(1) << weights.size()); ++set) {
      std::vector<wide> product(terms, wide(0));
      product[0] = 1;
      wide late = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const bool second = (set >> i) % 2 != 0;
        const wide w = weights[i], cosine = second ? wide(-cos(reach_) * s) : s, sine = second ? wide(sin(reach_) * s) : wide(0);
        if (second) late += w * reach_;
        // times (cosine r + sine r^2) / (1 + r^2) with r = 1 / (w p)
        std::vector<wide> next(terms, wide(0));
        for (std::size_t n = 1; n < terms; ++n) {
          next[n] = cosine / w * product[n - 1];
          if (n >= 2) next[n] += (sine * product[n - 2] - next[n - 2]) / (w * w);
        }
        product = next;
      }
      parts_.push_back({late, product});
    }
  }
  double cdf(double x) const {
    wide sum = 0;
    for (const auto& [late, product] : parts_) {
      const wide left = x - late;
      if (!(left > 0)) continue;
      wide power = 1;
      for (std::size_t n = 1; n < terms; ++n) {
        power *= left / static_cast<double>(n);
        sum += product[n] * power;
      }
    }
    return static_cast<double>(sum);
  }

 private:
  static constexpr std::size_t terms = 120;
  wide reach_{};
  std::vector<std::pair<wide, std::vector<wide>>> parts_{};
};

const metapool_test::tolerance few_ulps{0, 0, 3e-15, "an absolute error of some 1e-15 is promised"};

}  // namespace

TEST_CASE("A weighted sum of logarithmic scores has the distribution that partial fractions in 50 digits give") {
  for (const auto& weights : std::vector<std::vector<double>>{{1, 2}, {1, 2, 5}, {7, 2, 6}, {3, 1, 10, 2}, {3, 1, 10, 2, 0.5, 7}, {20, 19, 21, 18, 22, 17, 23}, {200, 1, 1.5, 2, 3}}) {
    const auto w = shares(weights);
    const detail::sum_of_scores<double> d(w, tian_levels::logarithm);
    for (const double x : {0.01, 0.1, 0.25, 0.4, 0.77, 1.5, 2.6, 4.0, 4.6}) {
      INFO("k = " << w.size() << " x = " << x);
      CHECK(close(d.cdf(x), by_partial_fractions(w, x), few_ulps));
    }
  }
}

TEST_CASE("A weighted sum of arcsine scores has the distribution that power series of Laplace transforms give in 50 digits") {
  for (const auto& weights : std::vector<std::vector<double>>{{1, 1}, {2, 1, 5}, {1, 1, 1, 1}, {3, 1, 10, 2}, {10, 1, 2, 1.5}, {2, 3, 1.5, 1, 7}}) {
    const auto w = shares(weights);
    const detail::sum_of_scores<double> d(w, tian_levels::arcsine);
    const arcsine_series series(w);
    for (const double x : {0.01, 0.1, 0.25, 0.4, 0.77, 1.0, 1.3, 1.42}) {
      INFO("k = " << w.size() << " x = " << x);
      CHECK(close(d.cdf(x), series.cdf(x), few_ulps));
    }
  }
}

TEST_CASE("Quantiles, ends, other number types") {
  for (const tian_levels levels : {tian_levels::uniform, tian_levels::arcsine, tian_levels::logarithm}) {
    const detail::level_score<double> g(levels);
    const detail::sum_of_scores<double> one(std::vector<double>{1.0}, levels);
    CHECK(close(one.cdf(g.value(0.025)), 0.025, metapool_test::digits14));
    for (const auto& weights : std::vector<std::vector<double>>{{3, 1}, {3, 1, 10, 2, 0.5, 7}, std::vector<double>(40, 1.0)}) {
      const detail::sum_of_scores<double> d(shares(weights), levels);
      convergence<double> state;
      const double x = d.quantile(0.025, state);
      CHECK(state.converged);
      CHECK(close(d.cdf(x), 0.025, {1e-12, 0, 0, "an absolute 1e-15"}));
      CHECK(d.cdf(0) == 0);
      CHECK(d.cdf(g.reach()) == 1);
      const detail::sum_of_scores<float> f(std::vector<float>(weights.size(), 1.0f / static_cast<float>(weights.size())), levels);
      const detail::sum_of_scores<double> equal(std::vector<double>(weights.size(), 1.0 / static_cast<double>(weights.size())), levels);
      CHECK(close(static_cast<double>(f.cdf(0.4f)), equal.cdf(static_cast<double>(0.4f)), {0, 0, 2e-6, "single precision"}));
    }
    const detail::sum_of_scores<double> three({0.5, 0.3, 0.2}, levels);
    const detail::sum_of_scores<wide> precise({wide(0.5), wide(0.3), wide(0.2)}, levels);
    CHECK(close(three.cdf(0.4), static_cast<double>(precise.cdf(wide(0.4))), few_ulps));
  }
}
