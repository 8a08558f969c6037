// SPDX-License-Identifier: BSL-1.0
// Simulated meta-analyses with tau2 = 0 through the batch kernels: do means, variances, tails and coverage stay where theory has them?
//
//     metapool_soak [replicates [threads [seed]]]
//
// Each replicate is two meta-analyses, one of 2 to 10 studies of different precision and one of 10 studies of the same, pooled in eight ways. Exit code 1 if
// a mean lies 4.5 Monte Carlo standard errors off, or one of its tenths 5.
#include "soak.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  metapool_soak::options o;
  if (argc > 1) o.replicates = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2) o.threads = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
  if (argc > 3) o.seed = std::strtoull(argv[3], nullptr, 10);
  if (o.replicates < 10000) {
    std::fputs("metapool_soak: 10000 replicates are the fewest\n", stderr);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto found = metapool_soak::soak(o);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%llu replicates, seed %llu; off: Monte Carlo standard errors from theory\n\n", static_cast<unsigned long long>(o.replicates), static_cast<unsigned long long>(o.seed));
  std::printf("%-60s %12s %14s %7s %12s\n", "", "theory", "seen", "off", "worst tenth");
  bool all = true;
  for (const auto& f : found) {
    if (!f.judged) continue;
    all = all && f.holds();
    std::printf("%-60s %12.9f %14.9f %7.2f %12.2f%s\n", f.of.name.c_str(), f.of.mean, f.seen, f.off, f.worst_tenth, f.holds() ? "" : "  <- does not hold");
  }
  std::printf("\n%s; %.1f s, %.2f us a replicate\n", all ? "all hold" : "NOT ALL HOLD", seconds, 1e6 * seconds / static_cast<double>(o.replicates));
  return all ? 0 : 1;
}
