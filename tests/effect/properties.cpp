// SPDX-License-Identifier: BSL-1.0
// What holds of every effect measure, whatever its formula: arms exchanged, the unit changed, all counts multiplied.
#include <metapool/effect/arcsine_difference.hpp>
#include <metapool/effect/change_differences.hpp>
#include <metapool/effect/change_measures.hpp>
#include <metapool/effect/common_language.hpp>
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/glass_delta.hpp>
#include <metapool/effect/hazard_ratio.hpp>
#include <metapool/effect/heteroscedastic_smd.hpp>
#include <metapool/effect/incidence_rate_difference.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/mean_measures.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/paired_conditional.hpp>
#include <metapool/effect/paired_marginal.hpp>
#include <metapool/effect/partial_correlation_measures.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/phi_coefficient.hpp>
#include <metapool/effect/point_biserial.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/effect/ratio_of_means.hpp>
#include <metapool/effect/reliability_measures.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/effect/smd_from_table.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/effect/variability_ratio.hpp>
#include <metapool/effect/yule.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<two_by_two<double>> whole_tables{{4, 119, 11, 128}, {42, 70, 47, 63}, {3, 5, 2, 9}, {5000001, 5000000, 5000000, 5000001}, {1, 99999, 3, 99998}};

two_by_two<double> times(const two_by_two<double>& t, double c) { return {c * t.a, c * t.b, c * t.c, c * t.d}; }
paired_table<double> times(const paired_table<double>& t, double c) { return {c * t.both, c * t.treated_only, c * t.control_only, c * t.neither}; }

/// sign * y and v, to 12 digits.
void check_effect(const effect<double>& got, double y, double v) {
  CHECK(close(got.y, y, digits12));
  CHECK(close(got.v, v, digits12));
}

template <class Measure, class Data>
void check_times_seven(const Measure& measure, const Data& once, const Data& seven_times) {
  CAPTURE(Measure::info.name);
  const auto e = measure(once);
  check_effect(measure(seven_times), e.y, e.v / 7);
}

template <class Measure>
void check_table_measure(const Measure& measure) {
  CAPTURE(Measure::info.name);
  for (const auto& t : whole_tables) {
    const auto e = measure(t);
    check_effect(measure(two_by_two<double>{t.c, t.d, t.a, t.b}), -e.y, e.v);
    check_times_seven(measure, t, times(t, 7));
  }
}

/// Of a measure of two means: what exchanging the arms and what a change of unit does to it. Sign and power of the unit; `even` where exchanged arms give 1 - y.
template <class Measure>
void check_means_measure(const Measure& measure, bool exchanges, int power) {
  CAPTURE(Measure::info.name);
  for (const two_means<double>& t : {two_means<double>{30.5, 5.2, 24, 26, 6.1, 19}, {2, 1, 3, 3, 2, 4}, {8, 2, 1e9, 2, 5, 4}, {100, 15, 40, 100.5, 16, 1e9}}) {
    const auto e = measure(t), in_grams = measure(in_unit(t, 1000));
    const double unit = power == 1 ? 1000 : 1;
    check_effect(in_grams, e.y * unit, e.v * unit * unit);
    if (exchanges) check_effect(measure(metapool_test::swap_arms(t)), -e.y, e.v);
    // many patients: the variance falls as one over their number
    two_means<double> many = t, more = t;
    many.n1 = 1e9, many.n2 = 2e9, more.n1 = 4e9, more.n2 = 8e9;
    const auto a = measure(many), b = measure(more);
    CHECK(close(a.v, 4 * b.v, digits6));
    CHECK(close(a.y, b.y, digits6));
  }
}

}  // namespace

TEST_CASE("of every measure of a 2x2 table: exchanged arms turn its sign, seven times the patients leave it and divide its variance by seven") {
  check_table_measure(risk_ratio{});
  check_table_measure(odds_ratio{});
  check_table_measure(risk_difference{});
  check_table_measure(arcsine_difference{});
  check_table_measure(phi_coefficient{});
  check_table_measure(phi_coefficient{.sampling = phi_sampling::stratified});
  check_table_measure(yules_q{});
  check_table_measure(yules_y{});
  check_table_measure(smd_from_odds_ratio{});
  check_table_measure(smd_from_odds_ratio{.distribution = latent_distribution::normal});
  check_table_measure(probit_difference{});
}

TEST_CASE("Peto's odds ratio: exchanged arms turn its sign; seven times the patients change it only by the n - 1 of its variance") {
  for (const auto& t : whole_tables) {
    const auto e = peto_odds_ratio{}(t), more = peto_odds_ratio{}(times(t, 7));
    check_effect(peto_odds_ratio{}(two_by_two<double>{t.c, t.d, t.a, t.b}), -e.y, e.v);
    const double n = t.a + t.b + t.c + t.d, factor = (7 * n - 1) / (7 * n - 7);
    check_effect(more, e.y * factor, e.v * factor / 7);
  }
}

TEST_CASE("of every measure of matched pairs: exchanged treatments turn its sign, seven times the pairs divide its variance by seven") {
  const auto all = [](const auto& measure) {
    for (const paired_table<double>& t : {paired_table<double>{794, 86, 150, 570}, {20, 3, 9, 30}, {1, 2, 2, 1}}) {
      const auto e = measure(t);
      check_effect(measure(paired_table<double>{t.both, t.control_only, t.treated_only, t.neither}), -e.y, e.v);
      check_times_seven(measure, t, times(t, 7));
    }
  };
  all(paired_risk_difference{});
  all(paired_risk_ratio{});
  all(paired_odds_ratio{});
  all(paired_conditional_odds_ratio{});
  all(paired_peto_odds_ratio{});
}

TEST_CASE("of every measure of two means: exchanged arms turn its sign, a change of unit leaves it or scales it, patients by the thousand million divide its variance") {
  check_means_measure(mean_difference{}, true, 1);
  check_means_measure(mean_difference{.variance = md_variance::pooled}, true, 1);
  for (const auto v : {smd_variance::large_sample, smd_variance::large_sample_squared, smd_variance::unbiased}) {
    check_means_measure(standardized_mean_difference{.variance = v}, true, 0);
    check_means_measure(standardized_mean_difference{.correction = hedges_correction::approximate, .variance = v}, true, 0);
  }
  check_means_measure(heteroscedastic_smd{}, true, 0);
  for (const auto v : {glass_variance::large_sample, glass_variance::large_sample_squared, glass_variance::unbiased, glass_variance::heteroscedastic}) {
    check_means_measure(glass_delta{.variance = v}, false, 0);  // the control's spread is the unit
  }
  check_means_measure(ratio_of_means{}, true, 0);
  check_means_measure(ratio_of_means{.correction = ratio_correction::none, .variance = rom_variance::pooled}, true, 0);
  check_means_measure(variability_ratio{}, true, 0);
  check_means_measure(coefficient_of_variation_ratio{}, true, 0);
  check_means_measure(coefficient_of_variation_ratio{.correction = cvr_correction::sd}, true, 0);
  check_means_measure(point_biserial_correlation{}, true, 0);
  check_means_measure(point_biserial_correlation{.variance = point_biserial_variance::cross_sectional}, true, 0);
  check_means_measure(biserial_correlation{}, true, 0);
  check_means_measure(common_language{}, false, 0);
}

TEST_CASE("the common-language effect of exchanged arms is that of the others: 1 - y") {
  for (const auto& t : pairs_of_means()) {
    const auto e = common_language{}(t), other = common_language{}(metapool_test::swap_arms(t));
    CHECK(close(other.y, 1 - e.y, at_scale(digits12, 1)));
    CHECK(close(other.v, e.v, digits12));
  }
}

TEST_CASE("the variance by the mean of all studies' g: exchanged arms turn every g and leave every variance") {
  const std::vector<continuous_trial<>> trials{{"a", {30.5, 5.2, 24}, {26, 6.1, 19}}, {"b", {2, 1, 30}, {3, 2, 41}}, {"c", {8, 2, 12}, {7, 2.5, 14}}};
  auto swapped = trials;
  for (auto& t : swapped) std::swap(t.treated, t.control);
  const standardized_mean_difference average{.variance = smd_variance::average};
  const auto a = effect_sizes(trials, average), b = effect_sizes(swapped, average);
  for (std::size_t i = 0; i < 3; ++i) check_effect({b.y[i], b.v[i]}, -a.y[i], a.v[i]);
}

TEST_CASE("changes: the unit scales a mean change and leaves the others, occasions exchanged turn mean change and ratio, and many patients divide the variance") {
  const pre_post<> s{"s", {26, 5.2}, {30.5, 6.1}, 24, 0.61};
  const auto in_units = [](pre_post<> x, double c) {
    for (auto* o : {&x.before, &x.after}) *o = {*o->mean * c, *o->sd * c};
    return x;
  };
  const auto with_total = [](pre_post<> x, double n) {
    x.total = n;
    return x;
  };
  const auto common = [&](const auto& measure, double power) {
    const auto e = measure(s), scaled = measure(in_units(s, 8));
    const double unit = power == 1 ? 8 : 1;
    check_effect(scaled, e.y * unit, e.v * unit * unit);
    const auto many = measure(with_total(s, 1e9)), more = measure(with_total(s, 4e9));
    CHECK(close(many.v, 4 * more.v, digits6));
  };
  common(mean_change{}, 1);
  for (const auto standard : {change_standard::sd_of_change, change_standard::sd_before, change_standard::sd_before_unequal}) common(standardized_mean_change{.standard = standard}, 0);
  common(ratio_of_means_change{}, 0);
  const pre_post<> back{"s", s.after, s.before, s.total, s.correlation};
  check_effect(mean_change{}(back), -mean_change{}(s).y, mean_change{}(s).v);
  check_effect(ratio_of_means_change{}(back), -ratio_of_means_change{}(s).y, ratio_of_means_change{}(s).v);
  const auto by_change = standardized_mean_change{.standard = change_standard::sd_of_change};
  check_effect(by_change(back), -by_change(s).y, by_change(s).v);
}

TEST_CASE("differences of changes: exchanged arms turn the sign, the unit scales the plain one and leaves the standardised ones") {
  const pre_post_arm<> one{{26, 5.2}, {30.5, 6.1}, 24, 0.61}, two{{25.5, 5}, {26, 5.5}, 23, 0.7};
  const auto scaled = [](pre_post_arm<> x) {
    for (auto* o : {&x.before, &x.after}) *o = {*o->mean * 8, *o->sd * 8};
    return x;
  };
  const auto common = [&](const auto& measure, double unit) {
    const auto e = measure(pre_post_trial<>{"t", one, two});
    check_effect(measure(pre_post_trial<>{"t", two, one}), -e.y, e.v);
    check_effect(measure(pre_post_trial<>{"t", scaled(one), scaled(two)}), e.y * unit, e.v * unit * unit);
  };
  common(mean_change_difference{}, 8);
  common(standardized_change_difference{}, 1);
  common(standardized_change_difference{.standard = change_difference_standard::own_before}, 1);
}

TEST_CASE("rates: exchanged arms turn the sign; seven times events and time leave the effect and divide its variance by seven") {
  const two_rates<double> t{5, 1344.5, 8, 1600};
  const auto both = [&](const auto& measure) {
    const auto e = measure(t);
    check_effect(measure(two_rates<double>{t.x2, t.t2, t.x1, t.t1}), -e.y, e.v);
    check_times_seven(measure, t, two_rates<double>{7 * t.x1, 7 * t.t1, 7 * t.x2, 7 * t.t2});
  };
  both(incidence_rate_ratio{});
  both(incidence_rate_difference{});
  both(square_root_rate_difference{});
  const one_rate<double> r{5, 1344.5}, seven{35, 7 * 1344.5};
  check_times_seven(raw_rate{}, r, seven);
  check_times_seven(log_rate{}, r, seven);
  check_times_seven(square_root_rate{}, r, seven);
  CHECK(close(double_square_root_rate{}(seven).v, double_square_root_rate{}(r).v / 7, digits12));
}

TEST_CASE("one group: seven times the patients leave proportions and log-rank ratios, and divide their variances by seven") {
  const one_proportion<double> p{16, 1}, seven{112, 7};
  check_times_seven(raw_proportion{}, p, seven);
  check_times_seven(log_proportion{}, p, seven);
  check_times_seven(logit_proportion{}, p, seven);
  check_times_seven(arcsine_proportion{}, p, seven);
  CHECK(close(double_arcsine_proportion{}(p).v * (4 * 17 + 2), 1.0, digits12));
  CHECK(close(double_arcsine_proportion{}(seven).v * (4 * 119 + 2), 1.0, digits12));
  check_times_seven(hazard_ratio{}, log_rank<>{"t", -8.4, 31.2}, log_rank<>{"t", -58.8, 218.4});
  CHECK(hazard_ratio{}(log_rank<>{"t", 8.4, 31.2}).y == -hazard_ratio{}(log_rank<>{"t", -8.4, 31.2}).y);
  check_times_seven(raw_mean{}, group_mean<>{"m", 5, 2, 10}, group_mean<>{"m", 5, 2, 70});
  const auto in_units = [](const auto& measure, double shift) {
    const auto e = measure(group_mean<>{"m", 5, 2, 10}), x = measure(group_mean<>{"m", 40, 16, 10});
    CHECK(close(x.y, e.y + shift, digits12));
    CHECK(close(x.v, e.v, digits12));
  };
  in_units(log_mean{}, std::log(8.0));
  in_units(log_sd{}, std::log(8.0));
  in_units(log_cv{}, 0);
}

TEST_CASE("correlations turn their sign with one variable, and their variances fall as one over the patients; a reliability's too") {
  const auto odd = [](const auto& measure, auto s) {
    const auto e = measure(s);
    s.r = -*s.r;
    check_effect(measure(s), -e.y, e.v);
    s.total = 1e9;
    const auto many = measure(s);
    s.total = 4e9;
    CHECK(close(many.v, 4 * measure(s).v, digits6));
  };
  for (const double r : {0.3, 1e-9, 0.999999}) {
    const correlation<> s{"s", r, 40};
    odd(raw_correlation{}, s);
    odd(unbiased_correlation{}, s);
    odd(fisher_z_correlation{}, s);
    const partial_correlation<> p{"p", r, 5, 40, {}};
    odd(raw_partial_correlation{}, p);
    odd(fisher_z_partial_correlation{}, p);
  }
  odd(raw_semi_partial_correlation{}, partial_correlation<>{"p", 0.3, 5, 40, 0.4});
  const auto many = [](const auto& measure) {
    CHECK(close(measure(reliability<>{"a", 0.9, 20, 1e9}).v, 4 * measure(reliability<>{"a", 0.9, 20, 4e9}).v, digits6));
  };
  many(raw_reliability{});
  many(hakstian_whalen_reliability{});
  many(bonett_reliability{});
}

TEST_CASE("the standardised mean difference and its variances are right to 12 digits for 10^9 patients") {
  for (const two_means<double>& t : {two_means<double>{100, 15, 1e9, 100.001, 15.001, 1e9}, {100.3, 15, 1e9, 100, 14, 3}, {8, 2, 4e9, 2, 5, 1e9}}) {
    for (const auto correction : {hedges_correction::exact, hedges_correction::approximate}) {
      for (const auto v : {smd_variance::large_sample, smd_variance::large_sample_squared, smd_variance::unbiased}) {
        const standardized_mean_difference g{.correction = correction, .variance = v};
        const auto narrow = g(t);
        const auto broad = g(widen(t));
        CHECK(close(narrow.y, static_cast<double>(broad.y), digits12));
        CHECK(close(narrow.v, static_cast<double>(broad.v), digits12));
      }
    }
  }
}
