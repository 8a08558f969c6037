// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/reported_effects.hpp>

#include <metapool/data/csv.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {

/// BCG trials as a paper would print them: the same studies by variance, standard error, interval and p-value in turn.
template <class Real>
std::vector<reported<Real>> printed_bcg() {
  using std::exp;
  using std::sqrt;
  const auto e = effect_sizes(bcg<Real>(), risk_ratio{});
  std::vector<reported<Real>> out;
  for (std::size_t i = 0; i < e.size(); ++i) {
    reported<Real> t;
    t.label = e.labels[i];
    t.estimate = e.y[i];
    const Real se = sqrt(e.v[i]);
    const Real z = metapool::detail::normal_critical<Real>(0.9);
    if (i % 4 == 0) t.variance = e.v[i];
    if (i % 4 == 1) t.se = se;
    if (i % 4 == 2) {
      t.on = stated_on::natural_scale;
      t.level = 0.9;
      t.estimate = exp(e.y[i]);
      t.lower = exp(Real(e.y[i] - z * se));
      t.upper = exp(Real(e.y[i] + z * se));
    }
    if (i % 4 == 3) t.p = metapool::detail::normal_two_sided_p<Real>(Real(e.y[i] / se));
    out.push_back(t);
  }
  return out;
}

}  // namespace

TEST_CASE("effects that are reported by variance, standard error, interval or p-value pool as those from the counts") {
  const auto counts = common_effect(effect_sizes(bcg(), risk_ratio{}));
  const auto fit = common_effect(effect_sizes(printed_bcg<double>(), risk_ratio{}));
  REQUIRE(fit.k() == 13);
  CHECK(close(fit.estimate, counts.estimate, digits12));
  CHECK(close(fit.se, counts.se, digits12));
  const auto in_wide = effect_sizes(printed_bcg<wide>(), risk_ratio{});
  const auto in_double = effect_sizes(printed_bcg<double>(), risk_ratio{});
  for (std::size_t i = 0; i < 13; ++i) {
    CHECK(close(in_double.y[i], static_cast<double>(in_wide.y[i]), digits12));
    CHECK(close(in_double.v[i], static_cast<double>(in_wide.v[i]), digits12));
  }
}

TEST_CASE("a printed interval of a ratio gives the standard error by hand") {
  // log(2.66 / 0.25) / (2 x 1.959963985) = 0.6031
  const std::vector<reported<>> one{{.label = "a", .estimate = 0.82, .lower = 0.25, .upper = 2.66, .on = stated_on::natural_scale}};
  const auto e = effect_sizes(one, risk_ratio{});
  CHECK(close(e.y[0], -0.1984509387, printed(10)));
  CHECK(close(std::sqrt(e.v[0]), 0.6032, printed(4)));
}

TEST_CASE("a number on the natural scale is taken to the scale of its measure, whatever that is") {
  const auto one = [](scale s, double estimate, double lower, double upper, bool comparison = true) {
    const std::vector<reported<>> studies{{.label = "s", .estimate = estimate, .lower = lower, .upper = upper, .on = stated_on::natural_scale}};
    return effect_sizes(studies, measure_info{"m", "m", "m", s, comparison});
  };
  const double z = 1.9599639845400545;
  const auto se = [&](const auto& e) { return std::sqrt(e.v[0]); };
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  CHECK(close(one(scale::logit, 0.2, 0.1, 0.36, false).y[0], logit(0.2), digits14));
  CHECK(close(se(one(scale::logit, 0.2, 0.1, 0.36, false)), (logit(0.36) - logit(0.1)) / (2 * z), digits12));
  CHECK(close(se(one(scale::arcsine, 0.2, 0, 0.36, false)), std::asin(0.6) / (2 * z), digits12));
  CHECK(close(se(one(scale::square_root, 0.25, 0.04, 0.64, false)), 0.6 / (2 * z), digits12));
  CHECK(close(one(scale::fisher_z, -0.5, -0.7, -0.2).y[0], std::atanh(-0.5), digits14));
  CHECK(close(se(one(scale::fisher_z, -0.5, -0.7, -0.2)), (std::atanh(0.7) - std::atanh(0.2)) / (2 * z), digits12));
  CHECK(close(se(one(scale::log_complement, 0.8, 0.7, 0.9, false)), std::log(3.0) / (2 * z), digits12));
  CHECK(close(se(one(scale::cube_root_complement, 0.8, 0.657, 0.875, false)), 0.2 / (2 * z), digits12));
  CHECK(close(se(one(scale::identity, -0.5, -0.7, -0.3)), 0.2 / z, digits12));
  // a narrow interval of a ratio keeps its digits
  CHECK(close(se(one(scale::log, 0.8, 0.8 - 1e-10, 0.8 + 1e-10)), std::log1p(2e-10 / (0.8 - 1e-10)) / (2 * z), tolerance{1e-6, 0, 0, "the ends themselves are rounded"}));

  const auto why = [&](scale s, double estimate, double lower, double upper) {
    return message_of<input_error>([&] { (void)one(s, estimate, lower, upper); });
  };
  CHECK(contains(why(scale::logit, 0.2, 0, 0.4), "lower = 0 must lie strictly between 0 and 1"));
  CHECK(contains(why(scale::logit, 0.2, 0.1, 1), "upper = 1 must lie strictly"));
  CHECK(contains(why(scale::arcsine, 0.2, -0.1, 0.4), "lower = -0.1 must lie between 0 and 1"));
  CHECK(contains(why(scale::arcsine, 0.2, 0.1, 1.4), "upper = 1.4 must lie between 0 and 1"));
  CHECK(contains(why(scale::square_root, 0.2, -0.1, 0.4), "must not be negative"));
  CHECK(contains(why(scale::fisher_z, 0.2, -1, 0.4), "strictly between -1 and 1"));
  CHECK(contains(why(scale::fisher_z, 0.2, 0, 1), "strictly between -1 and 1"));
  CHECK(contains(why(scale::log_complement, 0.8, 0.7, 1), "upper = 1 must be below 1"));
  CHECK(contains(why(scale::double_arcsine, 0.2, 0.1, 0.4), "depends on the size of the study"));
  CHECK(contains(why(scale::double_square_root, 0.2, 0.1, 0.4), "depends on the size of the study"));
}

TEST_CASE("the p-value of a measure of one group tells nothing of its standard error") {
  const std::vector<reported<>> studies{{.label = "p", .estimate = -1.4, .p = 0.01}, {.label = "se", .estimate = -1.2, .se = 0.2, .p = 0.9}};
  const auto e = effect_sizes(studies, measure_info{"m", "m", "m", scale::logit, false});
  REQUIRE(e.size() == 1);
  CHECK(e.audit[0].status == study_status::not_reported);
  CHECK(e.warnings.empty());
}

TEST_CASE("a study without any uncertainty is recorded as not reported, not dropped") {
  std::vector<reported<>> studies{{.label = "y only", .estimate = 0.3}, {.label = "sound", .estimate = 0.3, .se = 0.1}, {.label = "se only", .se = 0.1},
                                  {.label = "half an interval", .estimate = 0.3, .lower = 0.1}, {.label = "p of 1", .estimate = 0.3, .p = 1.0}};
  const auto e = effect_sizes(studies, measure_info{"log_hazard_ratio", "HR", "hazard ratio", scale::log});
  REQUIRE(e.size() == 1);
  REQUIRE(e.audit.size() == 5);
  CHECK(e.labels[0] == "sound");
  CHECK(e.trial[0] == 1);
  for (const std::size_t i : {0U, 2U, 3U, 4U}) CHECK(e.audit[i].status == study_status::not_reported);
}

TEST_CASE("two uncertainties that contradict each other are told of, with both; those that agree are not") {
  const std::vector<reported<>> studies{{.label = "odd", .estimate = 0.3, .se = 0.1, .lower = 0.2, .upper = 0.4},
                                        {.label = "even", .estimate = 0.3, .se = 0.1, .lower = 0.104, .upper = 0.496}};
  const auto e = effect_sizes(studies, measure_info{});
  REQUIRE(e.warnings.size() == 1);
  CHECK(contains(e.warnings[0], "'odd'"));
  CHECK(contains(e.warnings[0], "0.1 by its se"));
  CHECK(contains(e.warnings[0], "0.05102 by its interval"));
}

TEST_CASE("a reported number that breaks its rule is refused by name") {
  const auto why = [](const reported<>& t) {
    return message_of<input_error>([&] { (void)effect_sizes(std::vector<reported<>>{t}, risk_ratio{}); });
  };
  CHECK(contains(why({.label = "s", .estimate = 1, .se = 0}), "study 's': se = 0 must be positive"));
  CHECK(contains(why({.label = "s", .estimate = 1, .variance = -1}), "variance = -1 must be positive"));
  CHECK(contains(why({.label = "s", .estimate = 1, .p = 0.0}), "p = 0 must be positive"));
  CHECK(contains(why({.label = "s", .estimate = 1, .p = 1.5}), "must not exceed 1"));
  CHECK(contains(why({.label = "s", .estimate = 1, .lower = 2, .upper = 1.5}), "lower = 2 must lie below"));
  CHECK(contains(why({.label = "s", .estimate = 1, .lower = 1.2, .upper = 1.5}), "must not exceed the estimate"));
  CHECK(contains(why({.label = "s", .estimate = 2, .lower = 1.2, .upper = 1.5}), "must not lie below the estimate"));
  CHECK(contains(why({.label = "s", .estimate = 1, .lower = 0.5, .upper = 1.5, .level = 95}), "level = 95"));
  CHECK(contains(why({.label = "s", .estimate = -1, .se = 1, .on = stated_on::natural_scale}), "effect_sizes: study 's': estimate = -1 must be positive: its logarithm is pooled"));
  CHECK(contains(why({.label = "s", .estimate = std::nan(""), .se = 1}), "finite"));
}

TEST_CASE("metafor's, meta's and Stata's columns are read as reported effects") {
  for (const char* text : {"slab,yi,vi\na,-0.5,0.04\nb,0.25,0.0225\n", "studlab,TE,seTE\na,-0.5,0.2\nb,0.25,0.15\n", "study;_meta_es;_meta_se\na;-0,5;0,2\nb;0,25;0,15\n",
                           "study,yi,vi,sei\na,-0.5,0.04,0.2\nb,0.25,0.0225,0.15\n", "label,estimate,lower,upper\na,-0.5,-0.8919927969,-0.1080072031\nb,0.25,-0.0439945977,0.5439945977\n"}) {
    CAPTURE(text);
    const auto table = parse_csv<reported<>>(text);
    const auto e = effect_sizes(table, measure_info{});
    REQUIRE(e.size() == 2);
    CHECK(e.y[0] == -0.5);
    CHECK(e.labels[1] == "b");
    CHECK(close(e.v[0], 0.04, tolerance{1e-9}));
    CHECK(close(e.v[1], 0.0225, tolerance{1e-9}));
    CHECK(parse_csv<reported<>>(to_csv(table)).trials[1].estimate == 0.25);
  }
}
