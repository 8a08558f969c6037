// SPDX-License-Identifier: BSL-1.0
#include "support/bcg_effects.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/information_size.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::message_of;
using metapool_test::printed;

TEST_CASE("Published information sizes are found again") {
  // Vitamin A, deaths of 10 % in the controls, alpha 5 %, beta 20 %, the diversity printed as 76 %: 48,417 patients for a relative risk reduction of 15 % and
  // 456,748 for one of 5 % (PLoS ONE 2013, doi:10.1371/journal.pone.0074558, legend of figure 4). Both need the same diversity.
  const double small = required_information_size(0.1, 0.085).patients, large = required_information_size(0.1, 0.095).patients;
  const double d2 = 1 - small / 48417;
  CHECK(close(d2, 0.76, printed(2)));
  CHECK(close(large / (1 - d2), 456748, metapool_test::tolerance{1e-4, 0, 0, "one patient of the 11,713 without heterogeneity, of whom that program takes whole ones"}));
  CHECK(close(for_diversity(required_information_size(0.1, 0.095), d2).patients, large / (1 - d2), digits14));
  // Isoniazid, tuberculosis in 5 % of the controls, a relative risk reduction of 25 %, alpha 1 %, beta 10 %: 19,920 patients (Thorlund, Anema & Mills 2010,
  // Clin Epidemiol 2:57, doi:10.2147/clep.s9242, legend of figure 4). The legend leaves out that this is for a heterogeneity of 20 %: 1.25 times the number without.
  const auto isoniazid = required_information_size(0.05, 0.0375, {.alpha = 0.01, .beta = 0.1});
  CHECK(close(for_diversity(isoniazid, 0.2).patients, 19920, metapool_test::tolerance{5e-5, 0, 0, "printed as a whole number"}));
}

TEST_CASE("An information size is that of one large trial") {
  const auto n = required_information_size(0.2, 0.15, {.alpha = 0.05, .beta = 0.1});
  const double z = 1.959963984540054 + 1.2815515655446004;
  CHECK(close(n.drift, z, digits14));
  CHECK(close(n.patients, 4 * z * z * 0.175 * 0.825 / 0.0025, digits12));
  CHECK(close(n.effect, 0.05, digits12));
  CHECK(close(n.drift * n.drift * 4 * n.variance / (n.effect * n.effect), n.patients, digits12));
  CHECK(close(required_information_size(0.15, 0.2, {.alpha = 0.05, .beta = 0.1}).patients, n.patients, digits12));
  const auto one_sided = required_information_size(0.2, 0.15, {.alpha = 0.025, .beta = 0.1, .two_sided = false});
  CHECK(close(one_sided.patients, n.patients, digits12));
  const auto means = required_information_size_means(-3.0, 10.0);
  CHECK(close(means.patients, 4 * 7.848879734349088 * 100 / 9, digits12));
  using big = boost::multiprecision::cpp_bin_float_50;
  // alpha and beta are given in double, and so are the same number in both
  CHECK(close(required_information_size(0.25, 0.125).patients, static_cast<double>(required_information_size(big(0.25), big(0.125)).patients), digits14));
}

TEST_CASE("Diversity is the loss of precision to heterogeneity") {
  // metafor 3.8: 1 - se^2 of the equal-effects model / se^2 by DerSimonian-Laird, BCG trials
  const auto fit = random_effects(metapool_test::bcg_effects(), dersimonian_laird{});
  CHECK(close(diversity(fit), 0.948663103183, printed(12)));
  const double se = common_effect(metapool_test::bcg_effects()).se;
  CHECK(close(diversity(fit), 1 - se * se / (fit.se * fit.se), digits12));
  // no less than I2 from the same tau2 and the typical variance of Higgins and Thompson
  double weights = 0, squares = 0;
  for (const double v : fit.data.v) {
    weights += 1 / v;
    squares += 1 / (v * v);
  }
  const double typical = 12 * weights / (weights * weights - squares);
  CHECK(diversity(fit) > *fit.tau2 / (*fit.tau2 + typical));
  model_fit<double> same = fit;
  same.tau2 = 0;
  CHECK(diversity(same) == 0);
  CHECK_THROWS_AS(diversity(common_effect(metapool_test::bcg_effects())), input_error);
  // a tau2 far below the variances keeps its digits
  same.tau2 = 1e-20;
  double sum = 0, common = 0;
  for (const double v : fit.data.v) {
    sum += 1e-20 / (v * v);
    common += 1 / v;
  }
  CHECK(close(diversity(same), sum / common, digits12));
}

TEST_CASE("With heterogeneity no size makes up for too few trials") {
  const auto n = required_information_size_means(2.0, 10.0);
  CHECK(close(for_tau2(n, 0.0, 3).patients, n.patients, digits12));
  // the variance of the mean of k trials of equal size is that of the size without heterogeneity
  const auto m = for_tau2(n, 1.0, 10);
  const double variance = 4 * 100 / m.patients + 1.0 / 10;
  CHECK(close(2 / std::sqrt(variance), n.drift, digits12));
  // tau2 drift^2 / effect^2 = 1.962
  CHECK(contains(message_of<not_estimable>([&] { for_tau2(n, 1.0, 1); }), "more than 1 trials"));
  CHECK(for_tau2(n, 1.0, 2).patients > 50 * n.patients);
}

TEST_CASE("Information sizes refuse what has no size") {
  CHECK(contains(message_of<input_error>([] { required_information_size(0.1, 0.1); }), "equal"));
  CHECK(contains(message_of<input_error>([] { required_information_size(1.1, 0.1); }), "risk = 1.1"));
  CHECK(contains(message_of<input_error>([] { required_information_size(0.1, double(NAN)); }), "risk"));
  CHECK(contains(message_of<input_error>([] { required_information_size(0.1, 0.2, {.alpha = 0}); }), "alpha = 0"));
  CHECK(contains(message_of<input_error>([] { required_information_size(0.1, 0.2, {.beta = 1}); }), "beta = 1"));
  CHECK(contains(message_of<input_error>([] { required_information_size(0.1, 0.2, {.alpha = 0.9, .beta = 0.9}); }), "no patient"));
  CHECK(contains(message_of<input_error>([] { required_information_size_means(0.0, 1.0); }), "difference"));
  CHECK(contains(message_of<input_error>([] { required_information_size_means(1.0, 0.0); }), "sd"));
  CHECK(contains(message_of<input_error>([] { for_diversity(required_information_size(0.1, 0.2), 76.0); }), "not per cent"));
  CHECK(contains(message_of<input_error>([] { for_tau2(required_information_size(0.1, 0.2), -1.0, 3); }), "tau2"));
}
