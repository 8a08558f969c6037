// SPDX-License-Identifier: BSL-1.0
// Few deaths, few patients: the methods that can pool such trials, side by side, with what each takes for granted and when it is known to fail.
// On the trials of mesenchymal stromal cells in COVID-19, and on trials of hydroxychloroquine of which many had no death at all.
//
//     sparse_mortality [msc_trials.csv [hydroxychloroquine_trials.csv]]

#include <metapool/data/csv.hpp>
#include <metapool/report/small_trials_text.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace mp = metapool;
using trial_list = mp::trial_table<mp::binary_trial<>>;
using trial_in_list = mp::trial_row<mp::binary_trial<>>;

namespace {

void line(const std::string& text = {}) { std::fputs((text + "\n").c_str(), stdout); }
void heading(const std::string& text) { line("\n" + text + "\n" + std::string(text.size(), '=') + "\n"); }

}  // namespace

int main(int argc, char** argv) {
  try {
    const trial_list cells = mp::read_csv<mp::binary_trial<>>(argc > 1 ? argv[1] : "examples/data/msc_trials.csv");
    const trial_list pills = mp::read_csv<mp::binary_trial<>>(argc > 2 ? argv[2] : "examples/data/hydroxychloroquine_trials.csv");

    heading("Mesenchymal stromal cells: the published randomised trials of COVID-19");
    const trial_list randomised = mp::where(cells, [](const trial_in_list& r) {
      return r.text("role") == "primary" && r.text("evidence") == "published" && r.text("population") == "COVID-19" && r.text("design").substr(0, 3) == "RCT";
    });
    line(mp::describe(mp::small_trial_report(randomised)));

    heading("Hydroxychloroquine in COVID-19: 28 comparisons of doi:10.1038/s41467-021-22446-z");
    line("Printed there, with the WHO's Solidarity trial, which is not among these: odds ratio 1.11 (1.02 to 1.20).\n");
    line(mp::describe(mp::small_trial_report(pills), mp::small_trial_notes::left_out));

    heading("The same without the three trials of more than 30 deaths");
    const trial_list small = mp::where(pills, [](const trial_in_list& r) { return *r.trial().treated.events + *r.trial().control.events <= 30; });
    line(mp::describe(mp::small_trial_report(small), mp::small_trial_notes::left_out));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sparse_mortality: %s\n", e.what());
    return 1;
  }
}
