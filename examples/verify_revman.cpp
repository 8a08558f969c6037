// SPDX-License-Identifier: BSL-1.0
// Are a review's stored results those of its data? Reads a RevMan 5 file (.rm5, or a RevMan Web folder), computes every stored result anew by
// the method that the file names, and says what does not agree; then pools each outcome again in a way that holds with few trials.
//
//     verify_revman review.rm5
//
// The review in data/ is made up; in its outcome 1.3 a count was changed after the results had been stored.
#include <metapool/metapool.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace mp = metapool;

namespace {

mp::effects<> effects_of(const mp::revman_outcome<>& outcome) {
  switch (outcome.data) {
    case mp::revman_data::dichotomous: return mp::effect_sizes(mp::binary_trials_of(outcome), mp::risk_ratio{});
    case mp::revman_data::continuous: return mp::effect_sizes(mp::continuous_trials_of(outcome), mp::mean_difference{});
    default: break;
  }
  const mp::measure_info measure{"reported", "y", outcome.measure, outcome.ratio ? mp::scale::log : mp::scale::identity};
  return mp::effect_sizes(mp::reported_effects_of(outcome), measure);
}

void pool_again(const mp::revman_outcome<>& outcome) {
  const auto fit = mp::random_effects(effects_of(outcome), mp::reml{});
  const auto mean = mp::infer(fit, mp::hartung_knapp{.floor = 1.0}).natural();
  std::printf("  %-20s %s %.2f (%.2f to %.2f), %zu studies\n", outcome.name.c_str(), std::string(fit.data.measure.label).c_str(), mean.estimate, mean.lower,
              mean.upper, fit.k());
}

}  // namespace

// Studies whose stored effect is not that of their data: what to look at first, for weights and pooled results follow from them.
void look_first(const mp::verification<>& v) {
  bool any = false;
  for (const auto& n : v.numbers) {
    if (n.agrees || n.field != "effect" || n.place.find(" / ") == std::string::npos) continue;
    if (!any) std::puts("Look first at (the other differences may follow from these):");
    any = true;
    std::printf("  %s: stored effect %.2f, its data give %.2f\n", n.place.c_str(), n.stored, n.recomputed);
  }
  if (any) std::puts("");
}

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("verify_revman review.rm5 (or a folder CD......-analysis-data)\n", stderr);
    return 2;
  }
  try {
    const std::string path = arguments[1];
    const bool rm5 = path.size() > 4 && path.substr(path.size() - 4) == ".rm5";
    const auto review = rm5 ? mp::read_revman5(path) : mp::read_revman_web(path);
    const auto verification = mp::verify(review);
    std::printf("%s\n\n%s\n", review.title.c_str(), mp::summary(verification).c_str());
    look_first(verification);
    std::puts("Random effects, REML, Hartung-Knapp with the scale factor at least 1:");
    for (const auto& comparison : review.comparisons) {
      for (const auto& outcome : comparison.outcomes) pool_again(outcome);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
