// SPDX-License-Identifier: BSL-1.0
// Every conversion in float, long double and 50 digits: the same as in double, to what the type holds.
#include <metapool/conversion/arms.hpp>
#include <metapool/conversion/chi_squared_tables.hpp>
#include <metapool/conversion/crossover.hpp>
#include <metapool/conversion/effect_scales.hpp>
#include <metapool/conversion/estimates.hpp>
#include <metapool/conversion/five_numbers.hpp>
#include <metapool/conversion/reconstruct_survival.hpp>
#include <metapool/conversion/log_rank.hpp>
#include <metapool/conversion/margin_tables.hpp>
#include <metapool/conversion/percentages.hpp>
#include <metapool/conversion/quantile_estimate.hpp>
#include <metapool/conversion/skewness_test.hpp>
#include <metapool/conversion/standard_deviation.hpp>
#include <metapool/conversion/survival_times.hpp>
#include <metapool/conversion/tables.hpp>

#include "../support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;

namespace {

/// One number of each conversion.
template <class Real>
std::vector<double> numbers() {
  std::vector<Real> x;
  x.push_back(value_of<Real>(as_printed("6.90")));
  x.push_back(lowest_of<Real>(as_printed("6.90")));
  x.push_back(*events_from_percentage<Real>("6.9", Real(29)).fewest);
  const known_margins<Real> margins{Real(123), Real(139), Real(15)};
  x.push_back(solve_tables(risk_ratio{}, Real(-0.9), Real(0.6), margins).at(0).a);
  x.push_back(solve_tables(odds_ratio{}, Real(-0.9), Real(0.6), margins).at(0).a);
  x.push_back(solve_tables(risk_difference{}, Real(-0.05), Real(0.03), margins).at(0).a);
  x.push_back(solve_margin_table(odds_ratio{}, Real(-0.9), margins).value().a);
  x.push_back(solve_margin_table(risk_ratio{}, Real(-0.9), margins).value().c);
  x.push_back(solve_margin_table(risk_difference{}, Real(-0.05), margins).value().c);
  x.push_back(tables_from_effect<Real>(risk_ratio{}, {as_printed("0.41"), as_printed("0.13"), as_printed("1.26")}, margins).at(0).c);
  x.push_back(solve_chi_squared_tables(Real(2.5), margins, continuity_correction::yates).at(0).a);
  x.push_back(Real(tables_from_chi_squared<Real>(as_printed("2.6"), margins).size()));
  x.push_back(Real(tables_from_p<Real>(as_printed("0.11"), margins).size()));
  x.push_back(estimate_from_interval<Real>({.estimate = Real(0.56), .lower = Real(0.44), .upper = Real(0.71), .df = Real(30)}, scale::log).se);
  x.push_back(estimate_from_printed_interval<Real>({as_printed("0.56"), as_printed("0.44"), as_printed("0.71")}, scale::log).se_highest);
  x.push_back(se_from_statistic<Real>(2, 3));
  x.push_back(se_from_p<Real>(2, Real(0.04), Real(9)));
  x.push_back(sd_from_se<Real>(2, 30));
  x.push_back(sd_from_interval<Real>(1, 3, 20));
  x.push_back(sd_from_t<Real>(2, 3, 20, 21));
  x.push_back(sd_from_p<Real>(2, Real(0.04), 20, 21));
  x.push_back(sd_of_change<Real>(5, 6, Real(0.7)));
  x.push_back(change_correlation<Real>(5, 6, 4));
  const five_numbers<Real> five{Real(1), Real(3), Real(4), Real(7), Real(19), Real(60)};
  for (auto m : {five_number_method::luo_shi, five_number_method::wan, five_number_method::bland, five_number_method::hozo}) {
    x.push_back(mean_from_five_numbers(five, m));
    x.push_back(sd_from_five_numbers(five, m));
  }
  x.push_back(skewness_test(five).critical_value);
  x.push_back(skewness_test(five).statistic);
  x.push_back(skewness_test(five_numbers<Real>{Real(1), {}, Real(4), {}, Real(19), Real(60)}).critical_value);
  x.push_back(skewness_test(five_numbers<Real>{{}, Real(3), Real(4), Real(7), {}, Real(60)}).critical_value);
  const std::vector<continuous_arm<Real>> arms{{Real(2), Real(3), Real(10)}, {Real(4), Real(2), Real(20)}};
  x.push_back(*combine_arms(arms).sd);
  x.push_back(*split_arm(binary_arm<Real>{Real(3), Real(10)}, 3).events);
  x.push_back(*effective_arm(binary_arm<Real>{Real(3), Real(10)}, design_effect<Real>(20, Real(0.05))).total);
  const crossover_means<Real> cross{Real(7), Real(2), Real(6), Real(3), Real(10), Real(0.5)};
  x.push_back(crossover_mean_difference(cross).v);
  x.push_back(crossover_standardized_mean_difference(cross).v);
  x.push_back(crossover_correlation<Real>(2, 3, 10, Real(0.8)));
  x.push_back(inflated_se<Real>(Real(0.3), Real(1.7)));
  x.push_back(log_odds_ratio_from_smd(effect<Real>{Real(0.5), Real(0.1)}).v);
  x.push_back(smd_from_log_odds_ratio(effect<Real>{Real(0.5), Real(0.1)}).y);
  x.push_back(risk_difference_from_odds_ratio<Real>(Real(0.7), Real(0.2)));
  x.push_back(risk_difference_from_risk_ratio<Real>(Real(0.7), Real(0.2)));
  x.push_back(risk_ratio_from_odds_ratio<Real>(Real(0.7), Real(0.2)));
  x.push_back(odds_ratio_from_risk_ratio<Real>(Real(0.7), Real(0.2)));
  x.push_back(*log_rank_from_p<Real>(Real(0.03), log_rank_variance<Real>(30, 40), favours::treated).observed_minus_expected);
  x.push_back(*log_rank_from_hazard_ratio(effect<Real>{Real(-0.3), Real(0.02)}).observed_minus_expected);
  x.push_back(log_rank_variance_by_allocation<Real>(70, Real(0.4)));
  x.push_back(log_hazard_ratio_from_p<Real>(Real(0.7), Real(0.03)).v);
  const std::vector<survival_time<Real>> a{{Real(1), true}, {Real(3), false}, {Real(5), true}, {Real(7), true}}, b{{Real(1), true}, {Real(2), true}, {Real(4), true}, {Real(6), false}};
  x.push_back(log_rank_test(a, b).v);
  x.push_back(pike_log_hazard_ratio(log_rank_test(a, b)).y);
  x.push_back(cox_regression(a, b).log_hazard_ratio.y);
  x.push_back(cox_regression(a, b, cox_ties::breslow).log_hazard_ratio.v);
  x.push_back(reconstruct_survival(falling_curve(kaplan_meier(a)), std::vector<number_at_risk<Real>>{{Real(0), Real(4)}}).events);
  if constexpr (std::is_floating_point_v<Real>) x.push_back(quantile_estimate(five).mean());  // the gamma quantile takes long in 50 digits
  std::vector<double> result;
  for (const Real& value : x) result.push_back(static_cast<double>(value));
  return result;
}

void same(const std::vector<double>& a, const std::vector<double>& b, const metapool_test::tolerance& t) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    CAPTURE(i);
    CHECK(close(a[i], b[i], t));
  }
}

}  // namespace

TEST_CASE("Conversions in double are right to 12 digits by 50 digits") { same(numbers<double>(), numbers<cpp_bin_float_50>(), metapool_test::digits12); }

TEST_CASE("Conversions run in long double and, with its digits, in float") {
  same(numbers<long double>(), numbers<double>(), metapool_test::digits10);
  same(numbers<float>(), numbers<double>(), metapool_test::tolerance{1e-4, 0, 0, "float, through quantiles and searches"});
}
