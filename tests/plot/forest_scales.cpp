// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/plot/forest.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/report/summary.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;

namespace {
struct shown {
  std::string plot, summary;
  bool plots(const std::string& text) const { return plot.find(text) != std::string::npos; }
  bool says(const std::string& text) const { return summary.find(text) != std::string::npos; }
};
template <class Studies, class Measure>
shown show(const Studies& studies, const Measure& measure) {
  const auto fit = random_effects(effect_sizes(studies, measure), dersimonian_laird{});
  const auto mean = infer(fit, wald_z{});
  return {to_svg(forest_plot(fit, mean, {.prediction = predict(fit, mean)})), summary(studies, fit, mean)};
}
const std::vector<proportion<>> studies{{"a", 5, 20}, {"b", 0, 10}, {"c", 10, 10}, {"d", 30, 42}, {"e", 12, 41}};
}  // namespace

TEST_CASE("logits are plotted and reported as proportions within 0 and 1, without a line or test of no effect") {
  const shown s = show(studies, logit_proportion{});
  CHECK(s.plots(">0.25 [0.11, 0.48]<"));
  CHECK(s.plots("Pooled on the logit scale; all effects and intervals are shown brought back to the proportion"));
  CHECK_FALSE(s.plots("null-line"));
  CHECK_FALSE(s.plots("Overall effect"));
  CHECK_FALSE(s.plots(">1.2<"));
  CHECK(s.says("0.250  [0.108, 0.478]"));
  CHECK(s.says("on the logit scale"));
  CHECK_FALSE(s.says("Test of no effect"));
  CHECK(s.says("Events/total"));
}

TEST_CASE("Fisher's z is plotted and reported as a correlation, with its line and test of no effect") {
  const shown s = show(std::vector<correlation<>>{{"a", 0.3, 50}, {"b", -0.1, 60}, {"c", 0.6, 40}}, fisher_z_correlation{});
  CHECK(s.plots(">0.30 [0.02, 0.53]<"));
  CHECK(s.plots("null-line"));
  CHECK(s.plots("Overall effect"));
  CHECK(s.says("0.300  [0.0236, 0.534]"));
  CHECK(s.says("on the Fisher z scale"));
  CHECK(s.says("Test of no effect"));
}

TEST_CASE("small rates keep their digits, and the double arcsine says that it was brought back as for large samples") {
  const shown rates = show(std::vector<rate<>>{{"a", 5, 1344}, {"b", 8, 1600}, {"c", 3, 12012}}, log_rate{});
  CHECK(rates.plots(">0.0037 [0.0015, 0.0089]<"));
  CHECK_FALSE(rates.plots("null-line"));
  CHECK(rates.says("0.00372  [0.00155, 0.00894]"));
  const shown arcsine = show(studies, double_arcsine_proportion{});
  CHECK(arcsine.says("as for large samples"));
  CHECK(arcsine.plots("as for large samples"));
}
