// SPDX-License-Identifier: BSL-1.0
// How often each interval covers: writes docs/coverage.md and docs/coverage.svg.
//   metapool_coverage [--replicates 10000] [--seed 1] [--threads 0] [--folder docs]
#include "methods.hpp"
#include "page.hpp"
#include "study.hpp"

#include <metapool/data/file.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/text/number_text.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace coverage;

const std::vector<std::size_t> ks{3, 5, 10};
const std::vector<double> taus{0, 0.05, 0.1, 0.25, 0.5, 1};

results study(const std::vector<method>& methods, std::size_t count, std::uint64_t seed, unsigned threads) {
  results r;
  r.methods = methods;
  std::uint64_t first = 0;
  for (const std::size_t k : ks) {
    for (const bool balanced : {true, false}) {
      for (const double t : taus) {
        r.scenarios.push_back(make_scenario(k, balanced, t));
        r.tallies.push_back(run(r.scenarios.back(), methods, count, seed, first, threads));
        first += count;
        std::fprintf(stderr, "k = %zu, %s, tau2 = %g\n", k, balanced ? "equal" : "unequal", t);
      }
    }
  }
  return r;
}

std::size_t number_of(const results& r, std::string_view name) {
  for (std::size_t m = 0; m < r.methods.size(); ++m) {
    if (r.methods[m].name == name) return m;
  }
  throw metapool::input_error("no method '" + std::string(name) + "'");
}

}  // namespace

int main(int argc, char** argv) try {
  std::size_t count = 10000;
  std::uint64_t seed = 1;
  unsigned threads = 0;
  std::string folder = "docs";
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (i + 1 == argc) throw metapool::input_error(std::string(option) + " needs a value");
    const char* value = argv[++i];
    if (option == "--replicates") count = std::strtoul(value, nullptr, 10);
    else if (option == "--seed") seed = std::strtoull(value, nullptr, 10);
    else if (option == "--threads") threads = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (option == "--folder") folder = value;
    else throw metapool::input_error("unknown option " + std::string(option));
  }
  if (count == 0) throw metapool::input_error("--replicates must be a positive number");

  const auto start = std::chrono::steady_clock::now();
  auto methods = mean_methods();
  const std::size_t means = methods.size();
  for (const auto& m : prediction_methods()) methods.push_back(m);
  const std::size_t predictions = methods.size();
  for (const auto& m : tau2_methods()) methods.push_back(m);
  const results all = study(methods, count, seed, threads);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double processor = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;  // of all threads

  // One kind of interval; its first method is the yardstick of the widths.
  const auto part = [&](std::size_t begin, std::size_t end) {
    results r{all.scenarios, {methods.begin() + static_cast<std::ptrdiff_t>(begin), methods.begin() + static_cast<std::ptrdiff_t>(end)}, {}};
    for (const auto& row : all.tallies) r.tallies.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(begin), row.begin() + static_cast<std::ptrdiff_t>(end));
    return r;
  };
  const results mean = part(0, means), next = part(means, predictions), tau2 = part(predictions, methods.size());

  std::string page =
      "# Coverage and width of the intervals\n\n"
      "How often a nominal 95 % interval holds what it should, and how long it is, with few trials. Made by\n\n"
      "```sh\ncmake -S . -B build/benchmarks -DCMAKE_BUILD_TYPE=Release && cmake --build build/benchmarks --target metapool_coverage\n"
      "build/benchmarks/bin/metapool_coverage --replicates " + std::to_string(count) + " --seed " + std::to_string(seed) + "\n```\n\n"
      "which took " + std::to_string(static_cast<long>(processor + 0.5)) + " seconds of processor time (" + std::to_string(static_cast<long>(seconds + 0.5)) + " by the clock, beside other work). The numbers do not depend on the number of threads.\n\n"
      "Each cell: " + std::to_string(count) + " sets of k effects y ~ N(truth, v), truth ~ N(0, tau2), unless a table says less; v is known to the methods. Sizes are equal, or the first trial is\n"
      "ten times as large as each of the others. The typical variance is 0.25 throughout (a log odds ratio with 16 events an arm), so that tau2 = 0.05, 0.1, 0.25, 0.5, 1 are I2 of 17, 29, 50, 67 and 80 %.\n"
      "Monte Carlo standard error of a coverage of 95 %: " + fixed_text(100 * std::sqrt(0.95 * 0.05 / static_cast<double>(count)), 2) + " points. **Bold**: below 94 % and below 95 % by more than three Monte Carlo errors.\n"
      "An empty interval of tau2 covers nothing and has width 0. \"(of 60 %)\": the method refuses the other data sets (not estimable) instead of giving an interval. Where events are few: [coverage_sparse.md](coverage_sparse.md).\n\n"
      "![coverage of the intervals of the mean](coverage.svg)\n\n"
      "## The mean\n\n";
  for (const std::size_t k : ks) page += table(mean, k, taus, coverage_cell);
  page += "Median width, as a multiple of that of the interval which knows tau2:\n\n";
  for (const std::size_t k : ks) page += table(mean, k, taus, width_cell);
  page += "## The next trial\n\nCoverage is the probability that a new trial's true effect lies in the interval (with tau2 = 0: that the mean does).\n\n";
  for (const std::size_t k : ks) page += table(next, k, taus, coverage_cell);
  page += "Median width, as a multiple of the first row's:\n\n";
  for (const std::size_t k : ks) page += table(next, k, taus, width_cell);
  page += "## The between-study variance\n\n";
  for (const std::size_t k : ks) page += table(tau2, k, taus, coverage_cell);
  page += "Median width, as a multiple of the first row's:\n\n";
  for (const std::size_t k : ks) page += table(tau2, k, taus, width_cell);
  metapool::detail::write_file(folder + "/coverage.md", page, "metapool_coverage");

  std::vector<std::size_t> chosen;
  for (const char* name : {"DerSimonian-Laird, Wald z", "REML, Wald t", "REML, Hartung-Knapp", "REML, Hartung-Knapp, factor at least 1", "REML, Cochrane's rule", "REML, Kenward-Roger", "profile likelihood", "Michael et al., exact (500 replicates)"}) chosen.push_back(number_of(mean, name));
  metapool::write_svg(folder + "/coverage.svg", picture(mean, ks, taus, chosen, "How often 95 % intervals of the mean hold it"));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "metapool_coverage: %s\n", e.what());
  return 1;
}
