// SPDX-License-Identifier: BSL-1.0
// The changes of one trial that a common effect's bounds keep: beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_by_tables.hpp"
#include "support/published.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/sensitivity/fragility_fronts.hpp>

#include <cmath>
#include <cstddef>

using namespace metapool;
using metapool_test::draws;
using metapool_test::trial;

TEST_CASE("No change up to a cost is worth more than the best of a front") {
  draws draw;
  for (int i = 0; i < 40; ++i) {
    const int n = 5 + draw(12), m = 5 + draw(12), a = draw(n + 1), c = draw(m + 1);
    const auto sums = metapool_test::pooled_by_table(trial("", a, n, c, m), risk_ratio{}, constant_correction{});
    const auto of = [&](const detail::fragility_move& move) { return sums[static_cast<std::size_t>((a + move.treated) * (m + 1) + c + move.control)]; };
    const auto effect_of = [&](std::size_t, const detail::fragility_move& move, double& y, double& v) {
      const auto& s = of(move);
      if (!(s[1] > 0)) return false;
      y = s[0] / s[1];
      v = 1 / s[1];
      return true;
    };
    const detail::fragility_range room{{-a, -c}, {n - a, m - c}};
    for (const bool gain : {false, true}) {
      detail::fragility_fronts<decltype(effect_of)> source({room}, gain, effect_of);
      source.reach(room.most_cost());
      const double sign = gain ? -1 : 1, on[2] = {sign * draw(1000) / 100.0, sign * draw(1000) / 1000.0};
      source.prepare({on[0], on[1], 0, 0});
      detail::fragility_range part = room;
      if (i % 2 == 1) part.low.treated = part.low.control = -1000;  // not the room, so that all are looked at
      double most = -INFINITY, found = -INFINITY;
      int wrong = 0;
      for (std::size_t cost = 0; cost <= room.most_cost(); ++cost) {
        room.each_at(cost, [&](const detail::fragility_move& move) { most = std::fmax(most, on[0] * of(move)[0] + on[1] * of(move)[1]); });
        detail::fragility_move best;
        found = std::fmax(found, source.best(0, cost, part, best));
        wrong += std::fabs(found - most) > 1e-12 * std::fabs(most);
      }
      CHECK(wrong == 0);
    }
  }
}
