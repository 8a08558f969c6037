// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/refits.hpp>

#include "plot/scene_check.hpp"
#include "support/published.hpp"

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/sensitivity/cumulative.hpp>
#include <metapool/sensitivity/leave_one_out.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::contains;
using metapool_test::joined;
using metapool_test::layout_faults;
using metapool_test::message_of;
using metapool_test::shapes_of;
using metapool_test::texts;

namespace {

mp::refit_series<> without_each() { return mp::leave_one_out(mp::effect_sizes(metapool_test::bcg(), mp::risk_ratio{}), mp::reml{}, mp::hartung_knapp{}); }

}  // namespace

TEST_CASE("The leave-one-out plot shows the mean without each study, and that of all") {
  const auto series = without_each();
  const auto all = mp::infer(series.fit, mp::hartung_knapp{});
  const auto s = mp::leave_one_out_plot(series, all);
  CHECK(layout_faults(s) == "");
  CHECK(s.title == "Leave-one-out meta-analysis: risk ratio");
  CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 13);
  CHECK(shapes_of<mp::polygon_shape>(s, "diamond").size() == 1);
  const auto effects = texts(s, "effect");
  REQUIRE(effects.size() == 14);
  // metafor 3.8's leave1out (test = "knha", transf = exp) gives 0.4931 (0.3217 to 0.7557) without the first, 0.4517 (0.3024 to 0.6747) without the eighth trial, of all
  // 0.4894 (0.3301 to 0.7257)
  CHECK(effects[0] == "0.49 [0.32, 0.76]");
  CHECK(effects[7] == "0.45 [0.30, 0.67]");
  CHECK(effects[13] == "0.49 [0.33, 0.73]");
  const auto headings = texts(s, "heading");
  CHECK(headings == std::vector<std::string>{"Studies", "\xCF\x84\xC2\xB2", "I\xC2\xB2", "Study left out", "RR [95% CI]"});
  const auto cells = texts(s, "cell");
  REQUIRE(cells.size() == 14 * 3);
  CHECK(cells[0] == "12");
  CHECK(cells[13 * 3] == "13");
  CHECK(cells[13 * 3 + 1] == "0.313");
  CHECK(cells[13 * 3 + 2] == "92%");
  CHECK(contains(joined(s, "statistics"), "Overall effect: t = "));
  CHECK(contains(s.description, "TPT Madras 1980"));
  // the dashed line stands at the mean of all: it goes through the diamond's top
  const auto line = shapes_of<mp::line_shape>(s, "pooled-line");
  REQUIRE(!line.empty());
  CHECK(line[0].x1 == doctest::Approx(shapes_of<mp::polygon_shape>(s, "diamond")[0].points[1].x));
  // and so does nothing else: the least estimate, without the eighth trial, stands left of it
  CHECK(shapes_of<mp::line_shape>(s, "estimate")[7].x1 < line[0].x1);
}

TEST_CASE("The rows of a leave-one-out plot can be sorted and marked") {
  const auto series = without_each();
  const auto all = mp::infer(series.fit, mp::hartung_knapp{});
  const auto by_effect = mp::leave_one_out_plot(series, all, {.title = "BCG", .order = mp::forest_order::effect, .marks = {{7, "!"}}});
  CHECK(by_effect.title == "BCG");
  CHECK(texts(by_effect, "label")[0] == "TPT Madras 1980 !");
  const auto points = shapes_of<mp::line_shape>(by_effect, "estimate");
  for (std::size_t i = 1; i < points.size(); ++i) CHECK(points[i - 1].x1 <= points[i].x1);
  CHECK(texts(mp::leave_one_out_plot(series, all, {.order = mp::forest_order::label}), "label")[0] == "Aronson 1948");
  CHECK(texts(mp::leave_one_out_plot(series, all, {.order = mp::forest_order::label}), "label")[12] == "Vandiviere et al 1973");
}

TEST_CASE("The cumulative plot ends with the meta-analysis of all") {
  const auto effects = mp::effect_sizes(metapool_test::bcg(), mp::risk_ratio{});
  const auto series = mp::cumulative(effects, mp::reml{});
  const auto s = mp::cumulative_plot(series, {.favours_left = "Favours BCG", .favours_right = "Favours control"});
  CHECK(layout_faults(s) == "");
  const auto shown = texts(s, "effect");
  REQUIRE(shown.size() == 14);
  CHECK(shown[12] == shown[13]);
  CHECK(texts(s, "cell")[0] == "1");
  CHECK(texts(s, "cell")[1] == "2");  // one study has neither tau2 nor I2
  CHECK(joined(s, "heading").find("Study added") != std::string::npos);
  // evidence grows, and the squares with it
  const auto squares = shapes_of<mp::rectangle_shape>(s, "square");
  CHECK(squares[0].width < squares[12].width);
  // an order of one's own is kept, whatever order is asked for
  std::vector<std::size_t> order;
  for (std::size_t i = 13; i-- > 0;) order.push_back(i);
  CHECK(texts(mp::cumulative_plot(mp::cumulative(effects, order), {.order = mp::forest_order::label}), "label")[0] == "Comstock et al 1976");
  CHECK(joined(mp::cumulative_plot(mp::cumulative_common_effect(effects)), "heading").find("\xCF\x84") == std::string::npos);
}

TEST_CASE("A meta-analysis without an answer says why in the plot") {
  const auto effects = mp::effect_sizes(metapool_test::bcg(), mp::risk_ratio{});
  auto series = mp::cumulative(effects, mp::reml{}, mp::hartung_knapp{});  // no interval of one study
  const auto s = mp::cumulative_plot(series);
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 12);
  CHECK(!texts(s, "note").empty());
  series.rows[5].mean->lower = -std::numeric_limits<double>::infinity();
  CHECK(contains(joined(mp::cumulative_plot(series), "note"), "the interval has no end"));
  for (auto& r : series.rows) {
    r.mean.reset();
    r.failed = "no answer";
  }
  const auto none = mp::cumulative_plot(series);
  CHECK(layout_faults(none) == "");
  CHECK(shapes_of<mp::polygon_shape>(none, "diamond").empty());
  auto wrong = without_each();
  const auto all = mp::infer(wrong.fit, mp::hartung_knapp{});
  CHECK(contains(message_of<mp::input_error>([&] { mp::leave_one_out_plot(wrong, all, {.axis_lower = -1.0}); }), "must be positive"));
  wrong.rows[0].mean->estimate = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(message_of<mp::input_error>([&] { mp::leave_one_out_plot(wrong, all); }), "cannot be drawn"));
}
