// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/quantile_estimate.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <utility>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits8;
using metapool_test::message_of;

namespace {

template <class Real = double>
five_numbers<Real> all(double low, double q1, double m, double q3, double high, double n) {
  return {Real(low), Real(q1), Real(m), Real(q3), Real(high), Real(n)};
}

template <class Real>
const quantile_fit<Real>& fit_of(const quantile_estimate_result<Real>& r, quantile_family family) {
  for (const auto& f : r.fits) {
    if (f.family == family) return f;
  }
  FAIL("the family was not fitted");
  return r.fits.front();
}

}  // namespace

TEST_CASE("Quantiles of a distribution give that distribution and its moments back") {
  const double z1 = -2.3263478740408408, z = 0.6744897501960817;  // 1/100 and 3/4
  const auto normal = quantile_estimate(all(50 + 6 * z1, 50 - 6 * z, 50, 50 + 6 * z, 50 - 6 * z1, 100));
  CHECK(normal.best().family == quantile_family::normal);
  CHECK(close(normal.mean(), 50.0, digits12));
  CHECK(close(normal.sd(), 6.0, digits12));

  const auto e = [](double x) { return std::exp(2.5 + 0.8 * x); };
  const auto log_normal = quantile_estimate(all(e(z1), e(-z), e(0), e(z), e(-z1), 100));
  CHECK(log_normal.best().family == quantile_family::log_normal);
  CHECK(close(log_normal.best().parameters[0], 2.5, digits8));
  CHECK(close(log_normal.best().parameters[1], 0.8, digits8));
  CHECK(close(log_normal.mean(), std::exp(2.5 + 0.32), digits8));
  CHECK(close(log_normal.sd(), std::exp(2.5 + 0.32) * std::sqrt(std::expm1(0.64)), digits8));

  const auto w = [](double p) { return 7 * std::pow(-std::log1p(-p), 1 / 1.5); };
  const auto weibull = quantile_estimate(all(w(0.01), w(0.25), w(0.5), w(0.75), w(0.99), 100));
  CHECK(weibull.best().family == quantile_family::weibull);
  CHECK(close(weibull.mean(), 7 * std::tgamma(1 + 1 / 1.5), digits8));
  CHECK(close(weibull.sd(), 7 * std::sqrt(std::tgamma(1 + 2 / 1.5) - std::pow(std::tgamma(1 + 1 / 1.5), 2)), digits8));

  // shape 1 is the exponential distribution for gamma and Weibull alike
  const auto x = [](double p) { return -4 * std::log1p(-p); };
  const auto exponential = quantile_estimate(all(x(0.01), x(0.25), x(0.5), x(0.75), x(0.99), 100));
  for (auto family : {quantile_family::gamma, quantile_family::weibull}) {
    CHECK(close(fit_of(exponential, family).parameters[0], 1.0, digits8));
    CHECK(close(fit_of(exponential, family).mean, 4.0, digits8));
    CHECK(close(fit_of(exponential, family).sd, 4.0, digits8));
  }
}

TEST_CASE("No neighbouring parameters fit better (Zhu 2021: 11 (8 to 14) days of 29 patients)") {
  const five_numbers<> zhu{{}, 8.0, 11.0, 14.0, {}, 29.0};
  const auto r = quantile_estimate(zhu);
  REQUIRE(r.fits.size() == 4);
  CHECK(r.best().family == quantile_family::normal);  // symmetric
  CHECK(close(r.mean(), 11.0, digits12));
  CHECK(close(r.sd(), 3 / 0.6744897501960817, digits12));
  const double z = 0.6744897501960817;
  const auto& f = fit_of(r, quantile_family::log_normal);
  const auto rest = [&](double m, double s) {
    return std::pow(8 - std::exp(m - s * z), 2) + std::pow(11 - std::exp(m), 2) + std::pow(14 - std::exp(m + s * z), 2);
  };
  CHECK(close(f.sum_of_squares, rest(f.parameters[0], f.parameters[1]), digits8));
  for (double h : {1e-3, -1e-3}) {
    CHECK(rest(f.parameters[0] + h, f.parameters[1]) > f.sum_of_squares);
    CHECK(rest(f.parameters[0], f.parameters[1] + h) > f.sum_of_squares);
    CHECK(rest(f.parameters[0] + h, f.parameters[1] + h) > f.sum_of_squares);
    CHECK(rest(f.parameters[0] - h, f.parameters[1] + h) > f.sum_of_squares);
  }
}

TEST_CASE("The fits to 1, 3, 4, 7, 19 of 60 patients are those that R's optim finds with qlnorm, qgamma and qweibull") {
  const auto r = quantile_estimate(all(1, 3, 4, 7, 19, 60));
  const auto check = [&](quantile_family family, double first, double second, double rest) {
    const auto& f = fit_of(r, family);
    CHECK(close(f.parameters[0], first, metapool_test::digits6));
    CHECK(close(f.parameters[1], second, metapool_test::digits6));
    CHECK(close(f.sum_of_squares, rest, digits8));
  };
  check(quantile_family::log_normal, 1.46585202, 0.69469892, 0.1998575877);
  check(quantile_family::gamma, 1.49116388, 3.68842159, 1.545215034);
  check(quantile_family::weibull, 1.18506016, 5.73571749, 2.036964439);
  CHECK(r.best().family == quantile_family::log_normal);
}

TEST_CASE("Minimum 2, median 4, maximum 9 of 100: mean 4.34728 and SD 1.50217 (R's estmeansd, its README)") {
  const five_numbers<> x{.minimum = 2, .median = 4, .maximum = 9, .n = 100};
  const auto r = quantile_estimate(x);
  const metapool_test::tolerance optim{1e-5, 0, 0, "the program stops its search early: its least squares are larger than ours"};
  CHECK(r.best().family == quantile_family::log_normal);
  CHECK(close(r.mean(), 4.347284, optim));
  CHECK(close(r.sd(), 1.502171, optim));
}

TEST_CASE("Minimum 2, quartiles 4 and 10, median 6 and maximum 14 of 20: the means and deviations that metafor's help page of conv.fivenum prints with method = \"qe\"") {
  const metapool_test::tolerance optim{5e-5, 0, 0, "the program stops its search early: its least squares are larger than ours"};
  const auto says = [&](const five_numbers<>& x, double mean, double sd) {
    const auto r = quantile_estimate(x);
    CHECK(close(r.mean(), mean, optim));
    CHECK(close(r.sd(), sd, optim));
  };
  says({.minimum = 2, .median = 6, .maximum = 14, .n = 20}, 6.762910, 3.803302);
  says({.q1 = 4, .median = 6, .q3 = 10, .n = 20}, 7.922472, 6.337109);
  says(all(2, 4, 6, 10, 14, 20), 7.043956, 3.852243);
}

TEST_CASE("A change of unit changes mean and standard deviation alike") {
  const auto a = quantile_estimate(all(1, 3, 4, 7, 19, 60)), b = quantile_estimate(all(1e-6, 3e-6, 4e-6, 7e-6, 19e-6, 60));
  CHECK(a.best().family == b.best().family);
  CHECK(close(b.mean() * 1e6, a.mean(), digits8));
  CHECK(close(b.sd() * 1e6, a.sd(), digits8));
}

TEST_CASE("Double agrees with 50 digits to 8 digits for closed slopes") {
  const auto a = quantile_estimate(all(1, 3, 4, 7, 19, 60));
  // gamma in 50 digits takes minutes: its 50-digit check is the exponential's closed form above
  const auto wide = [](double x) { return cpp_bin_float_50(x); };
  detail::reported_quantiles<cpp_bin_float_50> r{{wide(1) / 60, wide(0.25), wide(0.5), wide(0.75), 1 - wide(1) / 60}, {1, 3, 4, 7, 19}};
  convergence<cpp_bin_float_50> state;
  const auto fit = detail::best_shape<cpp_bin_float_50>(
      r, wide(0.05), wide(1e3), [&](const cpp_bin_float_50& s, std::size_t i) { return cpp_bin_float_50(pow(cpp_bin_float_50(-log(cpp_bin_float_50(1 - r.p[i]))), cpp_bin_float_50(1 / s))); },
      [&](const cpp_bin_float_50& s, std::size_t i) {
        const cpp_bin_float_50 l = -log(cpp_bin_float_50(1 - r.p[i]));
        return cpp_bin_float_50(-pow(l, cpp_bin_float_50(1 / s)) * log(l) / s);
      },
      state);
  CHECK(state.converged);
  CHECK(close(fit_of(a, quantile_family::weibull).parameters[0], static_cast<double>(fit.first), digits8));
  CHECK(close(fit_of(a, quantile_family::weibull).parameters[1], static_cast<double>(fit.second.scale), digits8));
}

TEST_CASE("Quantiles at or below 0 leave the normal distribution only; one number leaves nothing") {
  CHECK(quantile_estimate(all(-1, 3, 4, 7, 19, 60)).fits.size() == 1);
  CHECK(quantile_estimate(all(0, 3, 4, 7, 19, 60)).best().family == quantile_family::normal);
  CHECK_THROWS_AS(quantile_estimate(all(3, 3, 3, 3, 3, 60)), not_estimable);
  CHECK(contains(message_of<input_error>([] { quantile_estimate(all(1, 3, 4, 7, 19, 2)); }), "n = 2 must be at least 3"));
  CHECK_THROWS_AS(quantile_estimate(all(1, 3, 2, 7, 19, 20)), input_error);
  CHECK(name_of(quantile_family::log_normal) == "log-normal");
}

TEST_CASE("The quantiles of a beta distribution give its shapes and moments back") {
  const auto q = [](double a, double b, double p) { return metapool::detail::beta_quantile<double>(a, b, p); };
  const metapool_test::tolerance digits7{1e-7, 0, 0, "two shapes by least squares with numerical derivatives"};
  for (const auto& [a, b] : {std::pair<double, double>{2, 5}, {0.7, 0.9}, {40, 3}, {300, 900}}) {
    const five_numbers<> x{.minimum = q(a, b, 0.02), .q1 = q(a, b, 0.25), .median = q(a, b, 0.5), .q3 = q(a, b, 0.75), .maximum = q(a, b, 0.98), .n = 50};
    const five_numbers<> quartiles{.q1 = x.q1, .median = x.median, .q3 = x.q3, .n = 50};
    for (const auto& given : {x, quartiles}) {
      const auto fit = fit_of(quantile_estimate(given), quantile_family::beta);
      CHECK(close(fit.parameters[0], a, digits7));
      CHECK(close(fit.parameters[1], b, digits7));
      CHECK(close(fit.mean, a / (a + b), digits7));
      CHECK(close(fit.sd, std::sqrt(a * b / (a + b + 1)) / (a + b), digits7));
      CHECK(quantile_estimate(given).best().family == quantile_family::beta);
    }
  }
  // at the least squares of numbers that no beta distribution has, no neighbour is better
  const five_numbers<> odd{.q1 = 0.2, .median = 0.5, .q3 = 0.6, .n = 30};
  const auto fit = fit_of(quantile_estimate(odd), quantile_family::beta);
  const auto sum = [&](double a, double b) {
    double s = 0;
    for (const auto& [p, value] : {std::pair<double, double>{0.25, 0.2}, {0.5, 0.5}, {0.75, 0.6}}) s += (q(a, b, p) - value) * (q(a, b, p) - value);
    return s;
  };
  const double a = fit.parameters[0], b = fit.parameters[1], least = sum(a, b);
  CHECK(close(fit.sum_of_squares, least, digits8));
  CHECK(least > 1e-4);
  for (const double step : {0.999, 1.001}) {
    CHECK(sum(a * step, b) > least);
    CHECK(sum(a, b * step) > least);
    CHECK(sum(a * step, b * step) > least);
  }
}

TEST_CASE("Numbers above 1 have no beta distribution") {
  for (const auto& fit : quantile_estimate(all(1, 3, 4, 7, 19, 60)).fits) CHECK(fit.family != quantile_family::beta);
}
