// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/groups.hpp"
#include "support/published.hpp"

#include <metapool/effect/freeman_tukey_back.hpp>

#include <cmath>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::groups;
using metapool_test::message_of;

namespace {

/// The pooled double arcsine, weights n + 1/2 as in metafor's PFT.
double pooled(const std::vector<proportion<>>& studies) {
  double sum = 0, weights = 0;
  for (const auto& s : studies) {
    sum += (*s.total + 0.5) * freeman_tukey(*s.events, *s.total - *s.events);
    weights += *s.total + 0.5;
  }
  return sum / weights;
}

}  // namespace

TEST_CASE("Studies of one size have one way back") {
  const auto studies = groups({{4, 40}, {6, 40}, {5, 40}});
  const auto back = freeman_tukey_back(pooled(studies), studies);
  CHECK(back.trustworthy());
  CHECK(close(back.harmonic, back.arithmetic, digits12));
  CHECK(close(back.geometric, back.arithmetic, digits12));
  const auto one = groups({{4, 10}});
  CHECK(close(freeman_tukey_back(pooled(one), one).harmonic, 0.4, digits12));
  CHECK(back.lowest == 0.1);
  CHECK(back.highest == 0.15);
}

TEST_CASE("A tiny study among large ones makes the harmonic mean say 0, and that is said") {
  // metafor 3.8: transf.ipft.hm(targs = list(ni = c(10, 20000, 50000, 100000))) of rma(measure = "PFT", method = "EE") gives 0
  // at a pooled 0.032545150133
  const auto studies = groups({{1, 10}, {30, 20000}, {40, 50000}, {110, 100000}});
  const auto back = freeman_tukey_back(pooled(studies), studies);
  CHECK(close(pooled(studies), 0.032545150133, metapool_test::printed(12)));
  CHECK(back.harmonic == 0);
  CHECK(close(back.arithmetic, 0.00104710642982, metapool_test::printed(14)));  // transf.ipft with the arithmetic mean
  CHECK_FALSE(back.trustworthy());
  REQUIRE(back.warnings.size() >= 2);
  CHECK(contains(back.warnings.front(), "the harmonic mean of the sizes the pooled proportion is 0, outside the studies' own 0.0008 to 0.1"));
  CHECK(contains(back.warnings.back(), "depending on the sample size"));
  // and with most patients ill, where 1 - p is the small one
  std::vector<proportion<>> mirrored = studies;
  for (auto& s : mirrored) s.events = *s.total - *s.events;
  const auto other = freeman_tukey_back(pooled(mirrored), mirrored);
  CHECK(close(other.harmonic, 1 - back.harmonic, digits12));
  CHECK(other.warnings.size() == back.warnings.size());
}

TEST_CASE("Ways back need counts") {
  auto studies = groups({{4, 40}, {6, 40}});
  CHECK(contains(message_of<input_error>([&] { freeman_tukey_back(double(NAN), studies); }), "finite"));
  studies[0].events.reset();
  CHECK(freeman_tukey_back(0.4, studies).lowest == 0.15);
  studies[1].total.reset();
  CHECK(contains(message_of<input_error>([&] { freeman_tukey_back(0.4, studies); }), "no study"));
}
