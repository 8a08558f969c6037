// SPDX-License-Identifier: BSL-1.0
// With trials like these, which interval holds? Simulates trials of the same sizes and control risks at several heterogeneities, and tries the usual methods.
//
//     which_interval [trials.csv [data sets at each heterogeneity]]

#include <metapool/data/csv.hpp>
#include <metapool/report/simulation_text.hpp>
#include <metapool/simulation/trials_like_mine.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace mp = metapool;
using trial_in_list = mp::trial_row<mp::binary_trial<>>;

int main(int argc, char** argv) {
  try {
    const auto all = mp::read_csv<mp::binary_trial<>>(argc > 1 ? argv[1] : "examples/data/msc_trials.csv");
    const auto trials = mp::where(all, [](const trial_in_list& r) {
      return r.text("role") == "primary" && r.text("evidence") == "published" && r.text("population") == "COVID-19" && r.text("design").substr(0, 3) == "RCT";
    });
    mp::trials_like_mine_options options;
    if (argc > 2) options.simulation.replicates = std::strtoul(argv[2], nullptr, 10);

    std::puts("Risk ratio\n==========\n");
    std::puts(mp::describe(mp::trials_like_mine(trials, mp::risk_ratio{}, options)).c_str());
    std::puts("Odds ratio\n==========\n");
    std::puts(mp::describe(mp::trials_like_mine(trials, mp::odds_ratio{}, options)).c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "which_interval: %s\n", e.what());
    return 1;
  }
}
