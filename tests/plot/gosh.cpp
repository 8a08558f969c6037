// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/gosh.hpp>

#include "plot/scene_check.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/random.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/sensitivity/gosh.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mp = metapool;
using metapool_test::box;
using metapool_test::box_of;
using metapool_test::joined;
using metapool_test::shapes_of;
using metapool_test::texts;

namespace {

/// The first ten BCG trials, log risk ratios to four decimals.
mp::gosh_result<> ten(const std::string& name = "Trial", mp::gosh_options options = {}) {
  std::vector<std::string> labels;
  for (int i = 0; i < 10; ++i) labels.push_back(name + " " + std::to_string(i + 1));
  return mp::gosh_common_effect(
      mp::known_effects(std::vector<double>{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713},
                        std::vector<double>{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730}, labels,
                        mp::risk_ratio::info),
      options);
}

/// A result of random rows.
mp::gosh_result<> made_up(std::size_t rows) {
  mp::gosh_result<> r;
  r.method = "REML";
  r.exhaustive = false;
  for (int i = 0; i < 25; ++i) r.labels.push_back("study " + std::to_string(i + 1));
  r.resize(rows);
  mp::detail::random_stream random(1);
  for (std::size_t i = 0; i < rows; ++i) {
    r.mask[i] = i + 3;
    r.studies[i] = 5;
    r.estimate[i] = random.normal();
    r.i2[i] = random.uniform();
    r.status[i] = mp::batch_status::ok;
  }
  return r;
}

/// Texts that meet each other or a shape that is not theirs, or leave the canvas; shapes that leave it. Empty if all is well.
std::string faults(const mp::scene& s) {
  std::string wrong;
  const auto all = shapes_of<mp::text_shape>(s);
  std::vector<box> boxes;
  for (const auto& t : all) boxes.push_back(box_of(t));
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!(boxes[i].left >= 0 && boxes[i].top >= 0 && boxes[i].right <= s.width && boxes[i].bottom <= s.height))
      wrong += "'" + all[i].content + "' leaves the canvas; ";
    for (std::size_t j = i + 1; j < boxes.size(); ++j) {
      if (boxes[i].meets(boxes[j])) wrong += "'" + all[i].content + "' meets '" + all[j].content + "'; ";
    }
  }
  const auto check = [&](const std::string& role, const box& b) {
    if (!(b.left >= 0 && b.top >= 0 && b.right <= s.width && b.bottom <= s.height)) wrong += role + " leaves the canvas; ";
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (b.meets(boxes[i])) wrong += role + " meets '" + all[i].content + "'; ";
    }
  };
  mp::for_each_shape(s.shapes, [&](const mp::shape& x) {
    if (const auto* r = std::get_if<mp::rectangle_shape>(&x.form)) check(x.role, {r->x, r->y, r->x + r->width, r->y + r->height});
    if (const auto* l = std::get_if<mp::line_shape>(&x.form))
      check(x.role, {l->x1 - 0.01, std::min(l->y1, l->y2) - 0.01, l->x2 + 0.01, std::max(l->y1, l->y2) + 0.01});
    if (const auto* p = std::get_if<mp::polygon_shape>(&x.form)) {
      for (const auto& q : p->points) check(x.role, {q.x, q.y, q.x, q.y});
    }
  });
  return wrong;
}

double area(const mp::scene& s, const char* role) {
  double sum = 0;
  for (const auto& r : shapes_of<mp::rectangle_shape>(s, role)) sum += r.width * r.height;
  return sum;
}

}  // namespace

TEST_CASE("a GOSH plot says what it shows, and no text meets another or leaves the figure") {
  const auto r = ten();
  const auto s = mp::gosh_plot(r, {.title = "BCG vaccine against tuberculosis", .study = 7});
  CHECK(faults(s) == "");
  CHECK(joined(s, "legend") == "with Trial 8: 511 without Trial 8: 502 all studies");
  CHECK(joined(s, "note") == "1,013 subsets of 10 studies (inverse variance); 2 studies or more in each; the darker, the more of them");
  CHECK(texts(s, "axis-title") == std::vector<std::string>{"I\xC2\xB2", "risk ratio"});
  CHECK(joined(s, "title") == "BCG vaccine against tuberculosis");
  CHECK(s.description == "Estimate and I2 of 1,013 subsets of 10 studies by inverse variance, those with Trial 8 apart from the others.");
  CHECK(shapes_of<mp::line_shape>(s, "no-effect").size() == 1);
  CHECK(s.width == 640);
  CHECK(s.height == 560);
}

TEST_CASE("the diamond of a GOSH plot stands at the meta-analysis of all studies") {
  const auto r = ten();
  const auto s = mp::gosh_plot(r);
  const auto diamond = shapes_of<mp::polygon_shape>(s, "all");
  REQUIRE(diamond.size() == 1);
  const double x = diamond[0].points[0].x, y = diamond[0].points[1].y;
  const auto axes = shapes_of<mp::line_shape>(s, "axis");
  // 2 % of the range of the subsets of two or more is added at either side
  double first = 1e9, last = -1e9;
  for (std::size_t row = 0; row < r.size(); ++row) {
    if (r.studies[row] < 2) continue;
    first = std::min(first, r.estimate[row]);
    last = std::max(last, r.estimate[row]);
  }
  const double margin = 0.02 * (last - first), share = (r.estimate.back() - first + margin) / (last - first + 2 * margin);
  CHECK(x == doctest::Approx(axes[0].x1 + share * (axes[0].x2 - axes[0].x1)).epsilon(1e-12));
  CHECK(y == doctest::Approx(axes[1].y2 - r.i2.back() * (axes[1].y2 - axes[1].y1)).epsilon(1e-12));
}

TEST_CASE("each subset is counted once in the cells and in either histogram") {
  const auto r = ten();
  const auto g = mp::detail::count_points(r, std::optional<std::size_t>(3), 2, 20, 10);
  std::size_t across = 0, up = 0;
  for (std::size_t group = 0; group < 2; ++group) {
    for (std::size_t c = 0; c < g.columns; ++c) across += g.in_column(group, c);
    for (std::size_t row = 0; row < g.rows; ++row) up += g.in_row(group, row);
  }
  CHECK(across == 1013);
  CHECK(up == 1013);
  CHECK(g.total[1] == 511);
  // a subset in the cell where it belongs
  const std::size_t row = 700;
  REQUIRE(r.studies[row] >= 2);
  const auto c = static_cast<std::size_t>((r.estimate[row] - g.lower) / (g.upper - g.lower) * 20);
  const auto cell = static_cast<std::size_t>(r.i2[row] * 10);
  CHECK(g.count(r.contains(row, 3) ? 1 : 0, c, cell) > 0);
}

TEST_CASE("a hundred thousand subsets make a file no larger than its cells allow") {
  const auto s = mp::gosh_plot(made_up(100000), {.study = 0});
  CHECK(faults(s) == "");
  CHECK(mp::to_svg(s).size() < 500000);
  CHECK(shapes_of<mp::rectangle_shape>(s, "cell").size() <= 6000);
  CHECK(joined(s, "note").find("100,000 random subsets of 25 studies (REML)") == 0);
  // with as many cells as this every one is taken by one subset or more: the cloud fills its frame
  const auto axes = shapes_of<mp::line_shape>(s, "axis");
  CHECK(area(s, "cell") > 0.5 * (axes[0].x2 - axes[0].x1) * (axes[1].y2 - axes[1].y1));
  CHECK(area(s, "cell") < 1.0001 * (axes[0].x2 - axes[0].x1) * (axes[1].y2 - axes[1].y1));
}

TEST_CASE("small figures, long names, one estimate only and rows without numbers leave no text on another") {
  CHECK(faults(mp::gosh_plot(ten("A trial with a very long name by many authors in a journal of a long title"),
                             {.title = "A title that is much too long for a figure that is only three hundred and twenty units wide",
                              .study = 9,
                              .width = 320,
                              .height = 300})) == "");
  CHECK(faults(mp::gosh_plot(ten("T", {.most = 3}), {.study = 1})) == "");
  mp::gosh_result<> r = made_up(4);
  r.estimate = {0.5, 0.5, 0.5, 0.5};
  r.status[1] = mp::batch_status::not_converged;
  CHECK(faults(mp::gosh_plot(r)) == "");
  CHECK(joined(mp::gosh_plot(r), "legend") == "subsets: 3");
  r.estimate = {0, 0, 0, 0};
  CHECK(faults(mp::gosh_plot(r)) == "");
  r.estimate = {-1e9, 3e9, 2e9, 1e9};
  CHECK(faults(mp::gosh_plot(r)) == "");
}

TEST_CASE("a GOSH plot says what it cannot draw") {
  CHECK_THROWS_AS(mp::gosh_plot(ten(), {.study = 10}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh_plot(ten(), {.width = 300}), mp::input_error);
  CHECK_THROWS_AS(mp::gosh_plot(ten(), {.minimum = 11}), mp::not_estimable);
  CHECK_THROWS_AS(mp::gosh_plot(mp::gosh_result<>{}), mp::not_estimable);
}
