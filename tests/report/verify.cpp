// SPDX-License-Identifier: BSL-1.0
#include <metapool/report/verify.hpp>

#include <metapool/data/revman5.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace metapool;
using namespace metapool_test;

namespace {
const std::string file = METAPOOL_SOURCE_DIR "/tests/data/files/revman5.rm5";

const verified_number<double>* find(const verification<>& v, const std::string& place, const std::string& field) {
  for (const auto& n : v.numbers) {
    if (n.place == place && n.field == field) return &n;
  }
  return nullptr;
}
bool notes_have(const verification<>& v, const std::string& part) {
  return std::any_of(v.notes.begin(), v.notes.end(), [&](const std::string& n) { return contains(n, part); });
}
}  // namespace

TEST_CASE("every stored result of the review is found again to 12 digits, by Mantel-Haenszel, inverse variance, Peto and O - E, fixed and random") {
  const auto v = verify(read_revman5(file), {.digits = 12});
  CHECK(v.numbers.size() == 330);
  CHECK(v.disagreements() == 0);
  CHECK(v.all_agree());
  CHECK(*v.fewest_digits() >= 12);
  REQUIRE(v.notes.size() == 2);
  CHECK(notes_have(v, "OTHER_OUTCOME was not read"));
  CHECK(notes_have(v, "2.3 Days, not calculated: 9 results are blank in the file"));
  const auto wide = verify(read_revman5<boost::multiprecision::cpp_bin_float_50>(file), {.digits = 12});
  CHECK(wide.all_agree());
}

TEST_CASE("a changed number is found, with both values and its digits") {
  auto r = read_revman5(file);
  auto& outcome = r.comparisons[0].outcomes[1];
  outcome.stored.tau2 = *outcome.stored.tau2 * 1.001;
  outcome.subgroups[1].stored.p_z = 0.5;
  outcome.studies[0].stored.weight = 11;
  const auto v = verify(r);
  REQUIRE(v.disagreements() == 3);
  const auto* tau2 = find(v, "1.2 Death, by dose", "tau2");
  REQUIRE(tau2 != nullptr);
  CHECK(close(tau2->digits, 3.0, printed(1)));
  CHECK(close(tau2->stored, 1.001 * tau2->recomputed, digits12));
  CHECK(find(v, "1.2 Death, by dose / Group 2", "P of Z")->digits < 1);
  CHECK_FALSE(find(v, "1.2 Death, by dose / Group 1 / Ab\xC3\xA9 2019", "weight")->agrees);
  const std::string text = summary(v);
  CHECK(contains(text, "327 of 330 stored numbers agree"));
  CHECK(contains(text, "tau2"));
  CHECK_FALSE(contains(text, "Survival"));
  CHECK(contains(summary(v, true), "Survival"));
}

TEST_CASE("a changed count is found in the study and in all that rests on it") {
  auto r = read_revman5(file);
  auto& outcome = r.comparisons[0].outcomes[0];
  *outcome.studies[2].events_1 += 1;
  const auto v = verify(outcome);
  CHECK(v.disagreements() > 10);
  CHECK_FALSE(find(v, "Death < 30 days", "events 1")->agrees);
  CHECK_FALSE(find(v, "Death < 30 days / Cy-1 2020", "effect")->agrees);
  CHECK(find(v, "Death < 30 days / Bo 2020", "effect")->agrees);
}

TEST_CASE("data that cannot be pooled are told of, not thrown") {
  revman_outcome<> o;
  o.name = "odd";
  o.measure = "RR";
  o.stored.effect = 1;
  CHECK(notes_have(verify(o), "cannot be recomputed"));
  o.studies.push_back({.id = "a", .label = "a", .events_1 = 5, .total_1 = 4, .events_2 = 1, .total_2 = 4});
  CHECK(notes_have(verify(o), "must not exceed the arm's total"));
  o.measure = "ARCSINE";
  CHECK(notes_have(verify(o), "'ARCSINE' is not known"));
  CHECK(verify(o).numbers.empty());
  CHECK_FALSE(verify(o).all_agree());
  o.stored.effect.reset();
  CHECK(notes_have(verify(o), "nothing is stored"));
  CHECK_THROWS_AS((void)verify(o, {.digits = 0}), input_error);
}

TEST_CASE("a study that the file and the method judge differently is told of") {
  auto r = read_revman5(file);
  r.comparisons[0].outcomes[0].studies[4].estimable = true;
  r.comparisons[0].outcomes[0].studies[0].estimable = false;
  const auto v = verify(r);
  CHECK(notes_have(v, "the file calls it estimable; here it is not pooled: no events in either arm"));
  CHECK(notes_have(v, "the file calls it not estimable; here it has an effect"));
}

TEST_CASE("results that were stored with nothing added to zero cells before pooling are recognised, and said to be so") {
  auto r = read_revman5(file);
  auto& o = r.comparisons[0].outcomes[0];
  const auto fit = mantel_haenszel(binary_trials_of(o), risk_ratio{});
  const auto mean = infer(fit);
  o.stored.effect = mean.natural().estimate;
  o.stored.lower = mean.natural().lower;
  o.stored.upper = mean.natural().upper;
  o.stored.z = mean.statistic;
  o.stored.p_z = mean.p;
  o.stored.chi2 = fit.q;
  o.stored.p_chi2 = *heterogeneity(fit).p;
  for (std::size_t i = 0; i < fit.k(); ++i) o.studies[fit.data.trial[i]].stored.weight = 100 * fit.weights[i];
  const auto v = verify(o);
  CHECK(v.all_agree());
  CHECK(notes_have(v, "agree best if nothing is added before pooling"));
}

TEST_CASE("agreed digits count from the stored number; a stored zero by the difference") {
  using metapool::detail::digits_agreed;
  CHECK(digits_agreed(1.0, 1.0) == 15);
  CHECK(close(digits_agreed(2.0, 2.0002), 4.0, printed(6)));
  CHECK(close(digits_agreed(0.0, 1e-7), 7.0, printed(6)));
  CHECK(digits_agreed(1.0, 5.0) == 0);
  CHECK(digits_agreed(1.0, std::nan("")) == 0);
  CHECK(close(digits_agreed(1e-12, 2e-12), 6.0, printed(6)));
}

TEST_CASE("a review is verified in float and long double too") {
  CHECK(verify(read_revman5<float>(file), {.digits = 3}).all_agree());
  CHECK(verify(read_revman5<long double>(file), {.digits = 12}).all_agree());
}
