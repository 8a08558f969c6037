// SPDX-License-Identifier: BSL-1.0
// Rosiglitazone and the heart: meta-analyses with few events and trials without any, as printed.
#include "published/rosiglitazone.hpp"

#include <metapool/inference/wald.hpp>
#include <metapool/model/peto.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using trials = std::vector<rosiglitazone_trial>;

trials without(trials all, std::initializer_list<const char*> labels) {
  for (const char* label : labels) {
    std::size_t i = 0;
    while (all.at(i).label != std::string(label)) ++i;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return all;
}

trials only(const trials& all, std::initializer_list<const char*> labels) {
  trials some;
  for (const auto& t : all) {
    for (const char* label : labels) {
      if (t.label == std::string(label)) some.push_back(t);
    }
  }
  return some;
}

/// Peto's odds ratio, its interval and p-value to the two decimals of print.
void check_peto(const std::vector<binary_trial<double>>& data, std::size_t with_events, double estimate, double lower, double upper,
                double p) {
  const auto fit = peto(data);
  const auto mean = wald_z{}(fit);
  const auto ratio = mean.natural();
  CHECK(fit.data.size() == with_events);
  CHECK(close(ratio.estimate, estimate, printed(2)));
  CHECK(close(ratio.lower, lower, printed(2)));
  CHECK(close(ratio.upper, upper, printed(2)));
  CHECK(close(mean.p, p, printed(2)));
}

struct sums {
  double patients[2]{}, infarctions[2]{}, deaths[2]{};
};

sums totals(const trials& all) {
  sums s;
  for (const auto& t : all) {
    s.patients[0] += t.treated;
    s.patients[1] += t.control;
    s.infarctions[0] += t.treated_infarctions;
    s.infarctions[1] += t.control_infarctions;
    s.deaths[0] += t.treated_deaths;
    s.deaths[1] += t.control_deaths;
  }
  return s;
}

}  // namespace

TEST_CASE("the counts of the rosiglitazone trials add up to those printed in 2007 and 2010") {
  const auto first = totals(rosiglitazone_2007());
  CHECK(rosiglitazone_2007().size() == 42);
  CHECK(first.infarctions[0] == 86);
  CHECK(first.infarctions[1] == 72);
  CHECK(first.deaths[0] == 39);
  CHECK(first.deaths[1] == 22);
  // table 1 prints 15565 and 12282: it has 1181 and 382 patients in 49653/330, of whom table 3 counts 1172 and 377
  CHECK(first.patients[0] == 15565 - 9);
  CHECK(first.patients[1] == 12282 - 5);
  const auto small = totals(without(rosiglitazone_2007(), {"DREAM", "ADOPT"}));
  CHECK(small.infarctions[0] == 44);
  CHECK(small.infarctions[1] == 22);
  CHECK(small.deaths[0] == 25);
  CHECK(small.deaths[1] == 7);
  CHECK(rosiglitazone_2009().size() == 48);
  CHECK(rosiglitazone_2010().size() == 56);
  const auto later = totals(rosiglitazone_2010());
  CHECK(later.patients[0] == 19509);
  CHECK(later.patients[1] == 16022);
}

TEST_CASE("rosiglitazone, Peto's method: Nissen and Wolski (2007) N Engl J Med 356:2457, tables 4 and 5") {
  const auto all = rosiglitazone_2007();
  check_peto(infarctions(all), 38, 1.43, 1.03, 1.98, 0.03);
  check_peto(deaths(all), 23, 1.64, 0.98, 2.74, 0.06);
  check_peto(infarctions(without(all, {"DREAM", "ADOPT"})), 36, 1.45, 0.88, 2.39, 0.15);
  check_peto(infarctions(only(all, {"DREAM"})), 1, 1.65, 0.74, 3.68, 0.22);
  check_peto(infarctions(only(all, {"ADOPT"})), 1, 1.33, 0.80, 2.21, 0.27);
  check_peto(deaths(only(all, {"ADOPT"})), 1, 0.80, 0.17, 3.86, 0.78);
  // printed 2.40 (1.17 to 4.91), p 0.02; exact arithmetic has 2.39493
  check_peto(deaths(without(all, {"DREAM", "ADOPT"})), 21, 2.39, 1.17, 4.91, 0.02);
  // printed 1.20 (0.52 to 2.78), p 0.67, whose limits are those of the plain odds ratio, 0.5178 and 2.7834; Peto's are 0.5193 and 2.7720
  check_peto(deaths(only(all, {"DREAM"})), 1, 1.20, 0.52, 2.77, 0.67);
  // against insulin, table 5: 5.37 (0.51 to 56.52), p 0.16; exact arithmetic has 56.5149
  check_peto(deaths(only(all, {"BRL 49653/347", "49653/082", "49653/085", "49653/095", "SB-712753/009"})), 3, 5.37, 0.51, 56.51, 0.16);
}

TEST_CASE("six more trials without an event leave Peto's odds ratio as it is, to the last bit") {
  for (const auto& count : {infarctions, deaths}) {
    const auto with = peto(count(rosiglitazone_2009())), plain = peto(count(rosiglitazone_2007()));
    CHECK(with.estimate == plain.estimate);
    CHECK(with.se == plain.se);
    CHECK(with.data.audit.size() == 48);
  }
}

TEST_CASE("rosiglitazone, Peto's method, 56 trials: Nissen and Wolski (2010) Arch Intern Med 170:1191, abstract") {
  const auto all = rosiglitazone_2010();
  check_peto(infarctions(all), 41, 1.28, 1.02, 1.63, 0.04);
  check_peto(deaths(all), 27, 1.03, 0.78, 1.36, 0.86);
  const auto rest = without(all, {"RECORD"});
  check_peto(infarctions(rest), 40, 1.39, 1.02, 1.89, 0.04);
  // printed 1.46 (0.92 to 2.33), p 0.11; exact arithmetic has 0.91486 and 2.32492
  check_peto(deaths(rest), 26, 1.46, 0.91, 2.32, 0.11);
}
