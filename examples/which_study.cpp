// SPDX-License-Identifier: BSL-1.0
// Which study makes the trials differ, and does the result hang on one of them? Leave-one-out, influence, and a meta-analysis of every subset of the trials.
//
//     which_study [trials.csv [subsets.svg [leave_one_out.svg]]]

#include <metapool/data/csv.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/plot/gosh.hpp>
#include <metapool/plot/refits.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/report/sensitivity_text.hpp>
#include <metapool/sensitivity/gosh.hpp>
#include <metapool/sensitivity/influence.hpp>
#include <metapool/sensitivity/leave_one_out.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>

namespace mp = metapool;

int main(int argc, char** argv) {
  try {
    const auto trials = mp::read_csv<mp::binary_trial<>>(argc > 1 ? argv[1] : "examples/data/bcg_trials.csv");
    const auto effects = mp::effect_sizes(trials, mp::risk_ratio{});

    const auto all = mp::leave_one_out(effects, mp::reml{}, mp::hartung_knapp{});
    std::printf("%zu trials, risk ratio, REML with Hartung and Knapp's interval\n\n%s\n", all.fit.k(),
                mp::describe(all, "Without").c_str());
    mp::write_svg(argc > 3 ? argv[3] : "leave_one_out.svg", mp::leave_one_out_plot(all, mp::infer(all.fit, mp::hartung_knapp{}), {.title = "Without each of the trials"}));
    std::puts(mp::describe(mp::influence(effects)).c_str());

    const auto subsets = mp::gosh(effects, mp::dersimonian_laird{}, {.minimum = 2});
    const auto studies = mp::gosh_diagnostics(subsets);
    std::printf("%zu subsets of two trials or more, DerSimonian-Laird\n\n%s", subsets.size(), mp::describe(studies, subsets).c_str());

    std::size_t chosen = 0;
    for (std::size_t i = 1; i < studies.size(); ++i) {
      if (studies[i].i2_shift() > studies[chosen].i2_shift()) chosen = i;
    }
    std::printf("\n%s does most to make the trials differ.\n", studies[chosen].label.c_str());
    mp::write_svg(argc > 2 ? argv[2] : "which_study.svg", mp::gosh_plot(subsets, {.title = "Every subset of the trials", .study = chosen}));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "which_study: %s\n", e.what());
    return 1;
  }
}
