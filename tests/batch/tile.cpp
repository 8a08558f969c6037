// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/tile.hpp>

#include <metapool/batch/tile_sums.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

namespace mp = metapool;

namespace {

/// A tile of two columns, three studies each.
struct opened {
  static constexpr std::size_t n = 2;
  std::vector<double> rows = std::vector<double>(5 * 4 * n);
  mp::detail::tile<double, n> t;
  mp::detail::tile_sums<double, n> s;
  bool complete;
  /// last: whether the tile before had all entries.
  explicit opened(const std::vector<double>& y, const std::vector<double>& v, bool last = true) : complete(last) {
    t.k = 3;
    t.d = rows.data();
    t.v = t.d + 4 * n;
    t.w = t.v + 4 * n;
    mp::detail::open_tile<mp::detail::tile_use::search>(t, s, y.data(), v.data(), n, t.w + 4 * n, complete);
  }
};

}  // namespace

TEST_CASE("a study that a column lacks has no weight and the effect of the most precise one, however far from zero that is") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // the first column lacks its second study, the other has all
  const opened a({1e6, 5, nan, 6, 1e6 + 3, 8}, {2, 1, 1, 4, 1, 2}), b({1e6, 5, 1e6 + 3, 6, 1e6 + 3, 8}, {2, 1, nan, 4, 1, 2});
  const opened after({1e6, 5, nan, 6, 1e6 + 3, 8}, {2, 1, 1, 4, 1, 2}, false);
  for (const opened* o : {&a, &b, &after}) {
    CHECK_FALSE(o->complete);
    CHECK(o->t.count[0] == 2);
    CHECK(o->t.count[1] == 3);
    CHECK(o->t.origin[0] == 1e6 + 3);
    CHECK(o->t.origin[1] == 5);
    CHECK(o->t.square[0] == 9);
    CHECK(o->t.square[1] == 10);
    CHECK(o->t.d[0] == -3);
    CHECK(o->t.d[2] == 0);
    CHECK(o->t.w[2] == 0);
    CHECK(o->s.w[0] == 1.5);
    CHECK(o->t.origin[0] + o->s.centre[0] == 1e6 + 2);
    CHECK(o->s.q[0] == 3);
  }
}

TEST_CASE("an invalid entry marks its column alone") {
  const double infinity = std::numeric_limits<double>::infinity();
  const opened a({1, 5, infinity, 6, 3, 8}, {2, 1, 1, 4, 1, 2}), b({1, 5, 2, 6, 3, 8}, {2, 1, 0, 4, 1, 2}), c({1, 5, 2, 6, 3, 8}, {2, 1, 3, 4, 1, 2});
  CHECK(a.t.invalid[0] == 1);
  CHECK(a.t.invalid[1] == 0);
  CHECK(b.t.invalid[0] == 1);
  CHECK(b.t.invalid[1] == 0);
  CHECK(c.t.invalid[0] == 0);
  CHECK(c.t.count[0] == 3);
  CHECK_FALSE(a.complete);
  CHECK_FALSE(b.complete);
  CHECK(c.complete);
}

TEST_CASE("a tile whose last one lacked entries has the sums of one whose last one did not") {
  const std::vector<double> y{1, 5, 2, 6, 3, 8}, v{2, 1, 1, 4, 1, 2};  // of the first column's most precise studies the first is the origin
  const opened a(y, v), b(y, v, false);
  CHECK(b.complete);
  CHECK(a.t.plain);
  CHECK_FALSE(b.t.plain);
  for (std::size_t l = 0; l < opened::n; ++l) {
    CHECK(a.t.origin[l] == b.t.origin[l]);
    CHECK(a.s.w[l] == b.s.w[l]);
    CHECK(a.s.rest2[l] == b.s.rest2[l]);
    CHECK(a.s.centre[l] == b.s.centre[l]);
    CHECK(a.s.q[l] == b.s.q[l]);
  }
  CHECK(a.t.origin[0] == 2);
  CHECK(a.t.w[2] == 0);
  CHECK(a.t.w[4] == 1);
  for (std::size_t i = 0; i < 3 * opened::n; ++i) {
    CHECK(a.t.d[i] == b.t.d[i]);
    CHECK(a.t.v[i] == b.t.v[i]);
    CHECK(a.t.w[i] == b.t.w[i]);
  }
}
