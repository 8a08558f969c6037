// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/multimodel.hpp>

#include <metapool/model/design_builders.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

// Bangert-Drowns, Hurley & Wilkinson (2004) Rev Educ Res 74:29, as in metadat: the 41 studies without missing moderators
const std::vector<double> yi{0.65, -0.21, -0.04, 0.23, 0.03, 0.26, 0.06, 0.06, 0.12, 0.77, 0, 0.52, 0.54, 0.2, 0.2, -0.16, 0.51, 0.58, 0.54, 0.09, 0.37,
                             -0.01, -0.13, 0.18, 0.27, -0.02, 0.33, 0.59, 0.84, -0.32, -0.12, -0.44, -0.07, 0.7, 0.49, 0.2, 0.58, 0.15, 0.63, 0.04, 0.25};
const std::vector<double> vi{0.07, 0.042, 0.019, 0.022, 0.009, 0.106, 0.007, 0.04, 0.052, 0.107, 0.021, 0.037, 0.083, 0.086, 0.091, 0.167, 0.065, 0.073, 0.061, 0.1, 0.06,
                             0.083, 0.037, 0.069, 0.018, 0.009, 0.053, 0.017, 0.112, 0.06, 0.023, 0.205, 0.033, 0.265, 0.039, 0.021, 0.067, 0.014, 0.168, 0.016, 0.072};
const std::vector<double> treatment_length{15, 2, 9, 14, 1, 4, 15, 4, 9, 15, 15, 8, 4, 14, 15, 4, 3, 24, 19, 4, 12, 1, 1, 1, 1, 14, 20, 10, 7, 11, 1, 6, 15, 15, 2, 4, 24, 11, 15, 8, 15};
const std::vector<double> wic{1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1};
const std::vector<double> feedback{1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1};
const std::vector<double> info{1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1};
const std::vector<double> pers{1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0};
const std::vector<double> imag{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
const std::vector<double> meta{1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0};

design<double> all_moderators() {
  return intercept_only(41) + numeric_term(treatment_length, "length") + numeric_term(wic, "wic") + numeric_term(feedback, "feedback") + numeric_term(info, "info") +
         numeric_term(pers, "pers") + numeric_term(imag, "imag") + numeric_term(meta, "meta");
}

}  // namespace

TEST_CASE("multi-model inference on writing to learn is that of metafor's page on glmulti and MuMIn") {
  // metafor-project.org, Model Selection using the glmulti and MuMIn Packages; more digits in metafor's tests
  const auto r = multimodel(known_effects(yi, vi), all_moderators());
  REQUIRE(r.models.size() == 128);
  // metafor 3.8 with tightened control, models averaged in R; the page's own numbers are these to the 1e-5 of metafor's default search (importance
  // 0.8478, 0.4244, 0.3671, 0.3255, 0.2913, 0.2643, 0.2416)
  const double best[] = {13.5022466070, 13.5045144235, 14.0031485929, 14.1309484574, 14.4343348785, 14.7483331741, 14.9866461760, 15.0581907591, 15.2106130419, 15.4107329426};
  const double weights[] = {0.0670569026, 0.0669809093, 0.0522004209, 0.0489691558, 0.0420768377, 0.0359632746, 0.0319234793, 0.0308016874, 0.0285414762, 0.0258238474};
  for (std::size_t m = 0; m < 10; ++m) {
    CHECK(close(r.models[m].criterion, best[m], printed(9)));
    CHECK(close(r.models[m].weight, weights[m], printed(9)));
  }
  CHECK(r.models[10].delta > 2);
  const double importance[] = {0.3255392211, 0.2642632762, 0.3671320109, 0.2415657712, 0.2913224795, 0.8478242332, 0.4243654561};
  for (std::size_t t = 0; t < 7; ++t) CHECK(close(r.importance[t], importance[t], printed(9)));
  const double estimate[] = {0.1083992877, 0.0022720007, -0.0170043340, 0.0366028082, -0.0182702576, 0.0132436209, 0.3511604840, 0.0511992941};
  const double se[] = {0.1030985371, 0.0050187611, 0.0544630836, 0.0689242308, 0.0799069328, 0.0687852415, 0.2016445867, 0.0852857165};
  const double page_estimate[] = {0.108404, 0.002272, -0.017004, 0.036604, -0.018272, 0.013244, 0.351153, 0.051201};
  const double page_se[] = {0.103105, 0.005019, 0.054466, 0.068926, 0.079911, 0.068788, 0.201648, 0.08529};
  const tolerance default_search{0, 0, 1e-5, "metafor's default search for tau2"};
  for (std::size_t j = 0; j < 8; ++j) {
    CHECK(close(r.estimate[j], estimate[j], printed(9)));
    CHECK(close(r.se[j], se[j], printed(9)));
    CHECK(close(r.estimate[j], page_estimate[j], default_search));
    CHECK(close(r.se[j], page_se[j], default_search));
  }
  CHECK(close(r.upper[6] - r.lower[6], 2 * 1.959963984540054 * r.se[6], digits12));
  const auto next = predict(r, {1, 15, 1, 1, 0, 0, 1, 1});
  CHECK(close(next.estimate, 0.56444, default_search));
  CHECK(close(next.se, 0.2225354, default_search));
}

TEST_CASE("weights sum to 1, and the best model's are those of the criterion") {
  for (const auto criterion : {model_criterion::aicc, model_criterion::aic, model_criterion::bic}) {
    const auto r = multimodel(known_effects(yi, vi), intercept_only(41) + numeric_term(imag, "imag") + numeric_term(meta, "meta"), criterion);
    REQUIRE(r.models.size() == 4);
    double sum = 0;
    for (const auto& m : r.models) sum += m.weight;
    CHECK(close(sum, 1.0, digits14));
    CHECK(r.models.front().delta == 0.0);
    const auto fit = meta_regression(known_effects(yi, vi), intercept_only(41) + numeric_term(imag, "imag") + numeric_term(meta, "meta"), maximum_likelihood{});
    const auto information = information_criteria(fit, likelihood_kind::full);
    for (const auto& m : r.models) {
      if (m.terms.size() != 2) continue;
      CHECK(close(m.criterion, criterion == model_criterion::aicc ? information.aicc : criterion == model_criterion::aic ? information.aic : information.bic, digits12));
      CHECK(close(m.coefficients(2), fit.coefficients(2), digits12));
      CHECK(close(m.covariance(1, 2), fit.covariance(1, 2), digits12));
    }
  }
}

TEST_CASE("a factor enters models as a whole") {
  std::vector<std::string> group;
  for (std::size_t i = 0; i < 41; ++i) group.push_back(std::string(1, static_cast<char>('a' + i % 3)));
  const auto r = multimodel(known_effects(yi, vi), intercept_only(41) + factor_term(group, "group"));
  REQUIRE(r.models.size() == 2);
  CHECK(r.importance.size() == 1);
  CHECK(r.estimate.size() == 3);
}

TEST_CASE("multi-model inference refuses designs that it cannot take apart") {
  const auto effects = known_effects(yi, vi);
  CHECK(contains(message_of<input_error>([&] { multimodel(effects, numeric_term(imag, "imag")); }), "needs an intercept"));
  CHECK(contains(message_of<input_error>([&] { multimodel(effects, intercept_only(41)); }), "0 terms"));
  CHECK(contains(message_of<input_error>([&] { multimodel(effects, intercept_only(41) + numeric_term(imag, "imag"), model_criterion::aic, 95); }), "level = 95"));
  auto loose = intercept_only(41) + numeric_term(imag, "imag") + numeric_term(meta, "meta");
  loose.terms.pop_back();
  loose.term_names.pop_back();
  CHECK(contains(message_of<input_error>([&] { multimodel(effects, loose); }), "must be in one term"));
  CHECK(contains(message_of<not_estimable>([] { multimodel(known_effects<double>({1, 2, 4}, {1, 1, 1}), intercept_only(3) + numeric_term(std::vector<double>{1, 2, 4}, "x")); }), "too few"));
  const auto r = multimodel(effects, intercept_only(41) + numeric_term(imag, "imag"));
  CHECK(contains(message_of<input_error>([&] { predict(r, {1.0}); }), "a row of 1 values"));
  CHECK(contains(message_of<input_error>([&] { predict(r, {1.0, std::numeric_limits<double>::infinity()}); }), "'imag' must be finite"));
}
