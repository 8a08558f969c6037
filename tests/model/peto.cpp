// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/peto.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Peto's odds ratio is the sum of O - E over the sum of the hypergeometric variances") {
  long double o_e = 0, v = 0;
  for (const auto& t : bcg()) {
    const long double a = *t.treated.events, n1 = *t.treated.total, c = *t.control.events, n2 = *t.control.total, n = n1 + n2, m = a + c;
    o_e += a - n1 * m / n;
    v += n1 * n2 * m * (n - m) / (n * n * (n - 1));
  }
  const auto fit = peto(bcg());
  CHECK(close(fit.estimate, static_cast<double>(o_e / v), digits12));
  CHECK(close(fit.se, static_cast<double>(1 / std::sqrt(v)), digits12));
  CHECK(fit.data.measure.scale == scale::log);
}

TEST_CASE("the Peto odds ratio of the BCG trials is metafor's printed value") {
  // metafor's help of rma.peto on dat.bcg: log OR -0.4744 (se 0.0407)
  CHECK(close(peto(bcg()).estimate, -0.4744, printed(4)));
  CHECK(close(peto(bcg()).se, 0.0407, printed(4)));
}

TEST_CASE("the hypergeometric moments are those of the distribution summed term by term") {
  const two_by_two<double> t{3, 4, 2, 6};  // 7 v 8, 5 events: P(a) ~ C(7, a) C(8, 5 - a)
  const auto choose = [](int n, int k) {
    double c = 1;
    for (int i = 1; i <= k; ++i) c = c * (n - k + i) / i;
    return c;
  };
  double total = 0, mean = 0, square = 0;
  for (int a = 0; a <= 5; ++a) {
    const double p = choose(7, a) * choose(8, 5 - a);
    total += p;
    mean += p * a;
    square += p * a * a;
  }
  mean /= total;
  const auto m = metapool::detail::hypergeometric_moments(t);
  CHECK(close(m.o_e, 3 - mean, digits12));
  CHECK(close(m.v, square / total - mean * mean, digits12));
}

TEST_CASE("studies without information have their place in the record and none in the pool") {
  auto trials = msc();
  trials.push_back(trial("all died", 4, 4, 5, 5));
  trials.push_back({.label = "not known"});
  const auto fit = peto(trials);
  CHECK(fit.k() == 6);
  CHECK(fit.data.audit[2].status == study_status::double_zero);
  CHECK(fit.data.audit[7].status == study_status::double_full);
  CHECK(fit.data.audit[8].status == study_status::not_reported);
  CHECK(fit.data.audit[0].status == study_status::pooled);
  CHECK_FALSE(fit.data.audit[0].corrected());
  CHECK(fit.df == 5);
  CHECK(fit.estimate == peto(msc()).estimate);
}

TEST_CASE("Peto's Q is the sum of squared standardised distances from the estimate, and the weights are shares of V") {
  const auto fit = peto(msc());
  double q = 0, weight = 0, mean = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    q += (fit.data.y[i] - fit.estimate) * (fit.data.y[i] - fit.estimate) / fit.data.v[i];
    weight += fit.weights[i];
    mean += fit.weights[i] * fit.data.y[i];
  }
  CHECK(close(fit.q, q, digits12));
  CHECK(close(weight, 1.0, digits14));
  CHECK(close(mean, fit.estimate, digits12));
  CHECK(close(fit.weights[3], 1 / fit.data.v[3] * fit.se * fit.se, digits12));
}

TEST_CASE("swapped arms turn Peto's sign, and the order of the studies does not matter") {
  CHECK(close(peto(swapped(msc())).estimate, -peto(msc()).estimate, digits12));
  CHECK(close(peto(swapped(msc())).se, peto(msc()).se, digits12));
  CHECK(close(peto(reversed(msc())).estimate, peto(msc()).estimate, digits12));
}

TEST_CASE("Peto refuses bad counts and says what it cannot estimate") {
  using trials = std::vector<binary_trial<>>;
  CHECK(message_of<input_error>([] { peto(trials{}); }) == "peto: no studies");
  CHECK(message_of<not_estimable>([] { peto(trials{trial("a", 0, 5, 0, 5), trial("b", 3, 3, 2, 2)}); }) == "peto: no study has both patients with and patients without the event");
  CHECK(contains(message_of<input_error>([] { peto(trials{trial("a", -1, 5, 0, 5)}); }), "peto: study 'a': treated.events = -1 must not be negative"));
  CHECK(contains(message_of<input_error>([] { peto(trials{trial("a", 1.5, 5, 0, 5)}); }), "must be a whole number"));
  CHECK(peto(trials{trial("a", 1.5, 5, 0, 5)}, fractional_counts::allowed).k() == 1);
}
