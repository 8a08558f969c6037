// SPDX-License-Identifier: BSL-1.0
// Pooling hazard ratios that papers print in different ways: a ratio with its interval, with a p-value, log-rank numbers, a survival curve.
// The trials A to D are invented to show the ways; START (Matthay et al. 2019) is real, and shown alone.

#include <metapool/metapool.hpp>

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace mp = metapool;

namespace {

void line(const std::string& text = {}) { std::printf("%s\n", text.c_str()); }

std::string natural(const mp::effect<>& e) {
  const auto one = mp::hazard_ratios<double>({e.y}, {std::sqrt(e.v)});
  const auto n = mp::infer(mp::common_effect(one)).natural();
  return mp::detail::ratio_text(n.estimate, 2) + " [" + mp::detail::ratio_text(n.lower, 2) + ", " + mp::detail::ratio_text(n.upper, 2) + "]";
}

// Two digitised curves of trial D (invented): time in months, share alive.
const std::vector<mp::curve_point<>> treated_curve{{0, 1.00}, {2, 0.95}, {4, 0.90}, {6, 0.85}, {9, 0.775}, {12, 0.70}, {15, 0.65}, {18, 0.60}};
const std::vector<mp::curve_point<>> control_curve{{0, 1.00}, {2, 0.90}, {4, 0.80}, {6, 0.725}, {9, 0.625}, {12, 0.55}, {15, 0.475}, {18, 0.425}};
const std::vector<mp::number_at_risk<>> treated_at_risk{{0, 40}, {6, 34}, {12, 28}};
const std::vector<mp::number_at_risk<>> control_at_risk{{0, 40}, {6, 29}, {12, 22}};

}  // namespace

int main() {
  try {
    mp::detail::aligned_columns table("lll");
    table.add({"Trial", "what its paper prints", "hazard ratio [95 % interval]"});
    table.rule();
    std::vector<double> y, se;
    std::vector<std::string> labels;
    const auto add = [&](const std::string& label, const std::string& prints, const mp::effect<>& e) {
      table.add({label, prints, natural(e)});
      labels.push_back(label);
      y.push_back(e.y);
      se.push_back(std::sqrt(e.v));
    };

    // an effect with its interval or p-value is taken as it is printed
    const std::vector<mp::reported<>> printed{{.label = "A", .estimate = 0.74, .lower = 0.55, .upper = 1.00, .on = mp::stated_on::natural_scale},
                                              {.label = "B", .estimate = 0.80, .p = 0.04, .on = mp::stated_on::natural_scale}};
    const auto as_printed = mp::effect_sizes(printed, mp::hazard_ratio{});
    table.add({"A", "hazard ratio 0.74 (0.55 to 1.00)", natural({as_printed.y[0], as_printed.v[0]})});
    table.add({"B", "hazard ratio 0.80, p = 0.04", natural({as_printed.y[1], as_printed.v[1]})});
    const double variance = mp::log_rank_variance(31.0, 42.0);
    add("C", "log-rank p = 0.12 in favour of treatment, 31 v 42 deaths", mp::hazard_ratio{}(mp::log_rank_from_p(0.12, variance, mp::favours::treated)));
    const auto treated = mp::reconstruct_survival(treated_curve, treated_at_risk);
    const auto control = mp::reconstruct_survival(control_curve, control_at_risk);
    add("D", "survival curves with numbers at risk", mp::cox_regression(treated.patients, control.patients).log_hazard_ratio);
    line("Trials A to D are invented");
    line(table.text("  "));

    const auto effects = mp::combine(as_printed, mp::hazard_ratios(y, se, labels));
    const auto common = mp::common_effect(effects);
    line(mp::summary(common, mp::infer(common), {.title = "Common effect"}));
    const auto random = mp::random_effects(effects, mp::reml{});
    mp::summary_options<> options{.title = "Random effects"};
    options.prediction = mp::predict(random);
    line(mp::summary(random, mp::infer(random, mp::hartung_knapp{.floor = 1.0}), options));

    const double start_variance = mp::log_rank_variance(12.0, 3.0);
    line("START prints a hazard ratio of 1.43 and 12 of 40 v 3 of 20 deaths within 28 days. Its interval was not seen in print; the events");
    line("give about " + natural({std::log(1.43), 1 / start_variance}) + " (V = O1 O2 / (O1 + O2), good for ratios near 1 only).");
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "hazard_ratios: %s\n", e.what());
    return 1;
  }
}
