// SPDX-License-Identifier: BSL-1.0
// The golden file golden/forest.svg is compared byte for byte. To write it anew after a change of the look, run the test with
// METAPOOL_UPDATE_GOLDEN=1 in the environment, look at the file in a browser, and commit it.
#include <metapool/plot/forest.hpp>

#include "plot/scene_check.hpp"

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/plot/svg.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::joined;
using metapool_test::layout_faults;
using metapool_test::shapes_of;
using metapool_test::texts;

namespace {

using trials_t = std::vector<mp::binary_trial<>>;

/// Colditz et al. (1994), BCG vaccine against tuberculosis.
trials_t bcg() {
  const double t[13][4] = {{4, 123, 11, 139}, {6, 306, 29, 303}, {3, 231, 11, 220}, {62, 13598, 248, 12867}, {33, 5069, 47, 5808},
                           {180, 1541, 372, 1451}, {8, 2545, 10, 629}, {505, 88391, 499, 88391}, {29, 7499, 45, 7277}, {17, 1716, 65, 1665},
                           {186, 50634, 141, 27338}, {5, 2498, 3, 2341}, {27, 16913, 29, 17854}};
  trials_t trials;
  for (int i = 0; i < 13; ++i) trials.push_back({"Trial " + std::to_string(i + 1), {t[i][0], t[i][1]}, {t[i][2], t[i][3]}});
  return trials;
}

mp::model_fit<> fit_of(const trials_t& trials) { return mp::random_effects(mp::effect_sizes(trials, mp::risk_ratio{}), mp::dersimonian_laird{}); }

mp::scene plot_of(const trials_t& trials, mp::forest_options<> options = {}) {
  const auto fit = fit_of(trials);
  if (fit.k() > 2) options.prediction = mp::predict(fit);
  return mp::forest_plot(trials, fit, mp::infer(fit), options);
}

std::vector<mp::forest_subgroup<>> halves(const trials_t& trials) {
  std::vector<mp::forest_subgroup<>> groups(2);
  for (std::size_t g = 0; g < 2; ++g) {
    trials_t part;
    groups[g].name = g == 0 ? "Earlier" : "Later";
    for (std::size_t i = 0; i < trials.size(); ++i) {
      if ((i < trials.size() / 2) != (g == 0)) continue;
      groups[g].trials.push_back(i);
      part.push_back(trials[i]);
    }
    groups[g].fit = fit_of(part);
    groups[g].mean = mp::infer(groups[g].fit);
  }
  return groups;
}

/// From pooling scale to x, read off the labelled ticks of the picture.
struct read_axis {
  double a, b;
  explicit read_axis(const mp::scene& s, bool ratio) {
    std::vector<double> value;
    for (std::string l : texts(s, "tick-label")) {
      if (l.rfind("\xE2\x88\x92", 0) == 0) l.replace(0, 3, "-");
      value.push_back(std::strtod(l.c_str(), nullptr));
      if (ratio) value.back() = std::log(value.back());
    }
    const auto ticks = shapes_of<mp::line_shape>(s, "tick");
    b = (ticks.back().x1 - ticks.front().x1) / (value.back() - value.front());
    a = ticks.front().x1 - b * value.front();
  }
  double operator()(double y) const { return a + b * y; }
};

void check_marks(const mp::scene& s, const mp::model_fit<>& fit, const mp::mean_inference<>& mean, bool ratio) {
  const read_axis x(s, ratio);
  const auto squares = shapes_of<mp::rectangle_shape>(s, "square");
  const auto whiskers = shapes_of<mp::line_shape>(s, "whisker");
  REQUIRE(squares.size() == fit.k());
  REQUIRE(whiskers.size() == fit.k());
  const double z = 1.959963984540054;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const double half = z * std::sqrt(fit.data.v[i]);
    CHECK(squares[i].x + squares[i].width / 2 == doctest::Approx(x(fit.data.y[i])).epsilon(1e-9));
    CHECK(squares[i].width == doctest::Approx(squares[i].height));
    CHECK(squares[i].width * squares[i].height / (squares[0].width * squares[0].height) == doctest::Approx(fit.weights[i] / fit.weights[0]).epsilon(1e-9));
    CHECK(whiskers[i].x1 == doctest::Approx(x(fit.data.y[i] - half)).epsilon(1e-9));
    CHECK(whiskers[i].x2 == doctest::Approx(x(fit.data.y[i] + half)).epsilon(1e-9));
    CHECK(whiskers[i].y1 == doctest::Approx(squares[i].y + squares[i].height / 2));
  }
  const auto diamond = shapes_of<mp::polygon_shape>(s, "diamond").back().points;
  REQUIRE(diamond.size() == 4);
  CHECK(diamond[0].x == doctest::Approx(x(mean.lower)).epsilon(1e-9));
  CHECK(diamond[1].x == doctest::Approx(x(mean.estimate)).epsilon(1e-9));
  CHECK(diamond[2].x == doctest::Approx(x(mean.upper)).epsilon(1e-9));
  CHECK(shapes_of<mp::line_shape>(s, "null-line").at(0).x1 == doctest::Approx(x(0)).epsilon(1e-9));
  CHECK(shapes_of<mp::line_shape>(s, "pooled-line").at(0).x1 == doctest::Approx(x(mean.estimate)).epsilon(1e-9));
}

std::vector<mp::continuous_trial<>> stroke() {  // Normand (1999) Stat Med 18:321, length of stay
  const double t[9][6] = {{55, 47, 155, 75, 64, 156}, {27, 7, 31, 29, 4, 32}, {64, 17, 75, 119, 29, 71}, {66, 20, 18, 137, 48, 18}, {14, 8, 8, 18, 11, 13},
                          {19, 7, 57, 18, 4, 52}, {52, 45, 34, 41, 34, 33}, {21, 16, 110, 31, 27, 183}, {30, 27, 60, 23, 20, 52}};
  std::vector<mp::continuous_trial<>> trials;
  for (int i = 0; i < 9; ++i) trials.push_back({"Hospital " + std::to_string(i + 1), {t[i][0], t[i][1], t[i][2]}, {t[i][3], t[i][4], t[i][5]}});
  return trials;
}

}  // namespace

TEST_CASE("Squares, whiskers, diamond and lines stand at the effects that they show; squares' areas are as the weights (ratios)") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  const auto mean = mp::infer(fit);
  const auto s = mp::forest_plot(trials, fit, mean, {.prediction = mp::predict(fit)});
  check_marks(s, fit, mean, true);
  const auto next = mp::predict(fit);
  const auto bar = shapes_of<mp::line_shape>(s, "prediction").at(0);
  const read_axis x(s, true);
  CHECK(bar.x1 == doctest::Approx(x(next.lower)).epsilon(1e-9));
  CHECK(bar.x2 == doctest::Approx(x(next.upper)).epsilon(1e-9));
  CHECK(shapes_of<mp::polygon_shape>(s, "arrow").empty());
}

TEST_CASE("Squares, whiskers, diamond and lines stand at the effects that they show (differences)") {
  const auto trials = stroke();
  const auto fit = mp::random_effects(mp::effect_sizes(trials, mp::mean_difference{}));
  const auto mean = mp::infer(fit);
  const auto s = mp::forest_plot(trials, fit, mean);
  check_marks(s, fit, mean, false);
  CHECK(layout_faults(s) == "");
  CHECK(texts(s, "cell").at(1) == "47");
  CHECK(texts(s, "effect").at(0) == "\xE2\x88\x92" "20.00 [\xE2\x88\x92" "32.47, \xE2\x88\x92" "7.53]");
  CHECK(joined(s, "cell").find("548 610") != std::string::npos);  // totals beside the diamond
}

TEST_CASE("Numbers are on the natural scale and as published: Colditz et al. (1994), risk ratio by DerSimonian and Laird") {
  const auto s = plot_of(bcg());
  const auto effects = texts(s, "effect");
  REQUIRE(effects.size() == 15);
  CHECK(effects[0] == "0.41 [0.13, 1.26]");
  CHECK(effects[7] == "1.01 [0.89, 1.14]");
  CHECK(effects[13] == "0.49 [0.34, 0.70]");
  CHECK(shapes_of<mp::text_shape>(s, "effect")[13].bold);
  CHECK(joined(s, "statistics").find("\xCF\x84\xC2\xB2 = 0.309; \xCF\x87\xC2\xB2 = 152.23, df = 12, p < 0.001; I\xC2\xB2 = 92%") != std::string::npos);
  CHECK(joined(s, "statistics").find("Overall effect: z = \xE2\x88\x92" "4.00, p < 0.001") != std::string::npos);
  CHECK(texts(s, "weight").back() == "100.0%");
  CHECK(joined(s, "heading") == "Treated Events Total Control Events Total Study RR [95% CI] Weight");
  CHECK(s.description.find("13 studies.") != std::string::npos);
  CHECK(s.description.find("Pooled risk ratio, Random effects (DerSimonian-Laird): 0.49, 95% confidence interval 0.34 to 0.70.") != std::string::npos);
  CHECK(s.description.find("95% prediction interval 0.1") != std::string::npos);
}

TEST_CASE("Nothing overlaps and nothing leaves the canvas: 1, 2, 3, 13, 60 studies, any width, long names") {
  for (const std::size_t k : {1U, 2U, 3U, 13U, 60U}) {
    trials_t trials;
    for (std::size_t i = 0; i < k; ++i) {
      const double n = 30 + static_cast<double>((i * 37) % 11) * 25;
      trials.push_back({"Study " + std::to_string(i), {static_cast<double>((i * 7) % 9), n}, {static_cast<double>(3 + (i * 5) % 13), n + 5}});
    }
    for (const double width : {0.0, 300.0, 700.0, 1600.0}) {
      for (const char* name : {"", "BCG", "An experimental treatment whose name fills more than sixty characters"}) {
        CAPTURE(k);
        CAPTURE(width);
        CAPTURE(name);
        mp::forest_options<> o{.title = name, .treated = name, .control = name, .favours_left = name, .favours_right = name, .footnotes = {name, name}};
        o.width = width;
        const auto s = plot_of(trials, o);
        CHECK(layout_faults(s) == "");
        CHECK(s.width >= width);
        if (width == 1600) CHECK(s.width == doctest::Approx(1600).epsilon(0.001));
        const auto fit = fit_of(trials);
        CHECK(layout_faults(mp::forest_plot(fit, mp::infer(fit), o)) == "");
        if (k >= 13) CHECK(layout_faults(mp::forest_plot(trials, fit, mp::infer(fit), halves(trials), o)) == "");
      }
    }
  }
}

TEST_CASE("Nothing overlaps with long labels in any script, huge counts, extreme effects and studies without an effect") {
  auto trials = bcg();
  trials[0].label = "M\xC3\xBCller-Gro\xC3\x9Fkopf & the Very Long Named Collaborative Group for the Study of Long Labels 1949";
  trials[1].label = "\xE4\xB8\xAD\xE5\x8D\x8E\xE4\xBA\xBA\xE6\xB0\x91\xE5\x85\xB1\xE5\x92\x8C\xE5\x9B\xBD\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6"
                    "\xE4\xB8\xAD\xE5\x8D\x8E\xE4\xBA\xBA\xE6\xB0\x91\xE5\x85\xB1\xE5\x92\x8C\xE5\x9B\xBD\xE5\x8C\x97\xE4\xBA\xAC\xE5\xA4\xA7\xE5\xAD\xA6";
  trials[2].label = std::string(90, 'W');
  trials[3].label = "e\xCC\x81" "e\xCC\x81" "e\xCC\x81 combining";
  trials[4] = {"Huge", {1e9 - 7, 4e9}, {1.1e9, 4e9}};
  trials[5] = {"Small effect", {1, 20000}, {10000, 20000}};
  trials[6] = {"Large effect", {10000, 20000}, {1, 20000}};
  trials[7] = {"No events", {0.0, 20.0}, {0.0, 21.0}};
  trials[8] = {"Not known", {{}, 30.0}, {3.0, {}}};
  trials[9].label = "";
  for (const auto order : {mp::forest_order::as_given, mp::forest_order::label, mp::forest_order::effect, mp::forest_order::weight}) {
    const auto s = plot_of(trials, {.favours_left = "Favours treated", .favours_right = "Favours control", .order = order});
    CHECK(layout_faults(s) == "");
    CHECK(joined(s, "cell").find("999999993 4000000000 1100000000 4000000000") != std::string::npos);
    CHECK(joined(s, "effect").find("0.0001 [") != std::string::npos);
    CHECK(joined(s, "effect").find("10000 [") != std::string::npos);
    CHECK(texts(s, "note").size() == 2);
    CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 11);
  }
}

TEST_CASE("What either side favours keeps apart at the middle and from the pointers, also in a font that is wider by a fifth") {
  const std::vector<std::string> names{"Favours BCG", "Favours control", "Favours an experimental treatment whose name is long", std::string(60, 'W'), "a", ""};
  for (const bool far : {false, true}) {
    auto trials = bcg();
    if (far) trials.resize(2);  // no effect lies near the end of the axis
    for (const std::string& left : names) {
      for (const std::string& right : names) {
        CAPTURE(left);
        CAPTURE(right);
        const auto s = plot_of(trials, {.favours_left = left, .favours_right = right});
        CHECK(layout_faults(s) == "");
        std::vector<metapool_test::box> on_left, on_right, pointers;
        for (auto t : shapes_of<mp::text_shape>(s, "favours")) {
          t.size *= 1.2;
          (t.anchor == mp::text_anchor::end ? on_left : on_right).push_back(metapool_test::box_of(t));
        }
        for (const auto& p : shapes_of<mp::polygon_shape>(s, "pointer")) {
          const auto [low, high] = std::minmax({p.points[0].x, p.points[1].x});
          pointers.push_back({low, p.points[1].y, high, p.points[2].y});
        }
        CHECK(on_left.empty() == left.empty());
        CHECK(on_right.empty() == right.empty());
        CHECK(pointers.size() == std::size_t(left.empty() ? 0 : 1) + std::size_t(right.empty() ? 0 : 1));
        const auto [from, to] = metapool_test::plot_area(s);
        for (const auto& l : on_left) {
          CHECK(l.left >= from - 12);  // half the gap beside the axis
          for (const auto& r : on_right) CHECK(r.left - l.right > 25);
          for (const auto& p : pointers) CHECK(p.left - l.right > 2);
        }
        for (const auto& r : on_right) {
          CHECK(r.right <= to + 12);
          for (const auto& p : pointers) CHECK(r.left - p.right > 2);
        }
      }
    }
  }
}

TEST_CASE("A study that is not pooled stands in its place, in grey, with the reason and no marks") {
  auto trials = bcg();
  trials[2] = {"Nobody died", {0.0, 20.0}, {0.0, 21.0}};
  trials[4] = {"Lost", {{}, 30.0}, {3.0, 30.0}};
  const auto s = plot_of(trials);
  const auto labels = texts(s, "label");
  CHECK(labels[2] == "Nobody died");
  CHECK(labels[3] == "Trial 4");
  CHECK(labels[4] == "Lost");
  const auto notes = shapes_of<mp::text_shape>(s, "note");
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].content == mp::describe(fit_of(trials).data.audit[2]));
  CHECK(notes[0].content.rfind("not pooled: no events in either arm", 0) == 0);
  CHECK(notes[0].colour == mp::forest_colours{}.grey);
  const auto label = shapes_of<mp::text_shape>(s, "label")[2];
  CHECK(notes[0].y == doctest::Approx(label.y).epsilon(0.01));
  CHECK(joined(s, "cell").find("NR 30 3 30") != std::string::npos);
  CHECK(joined(s, "footnote").find("NR: not reported") != std::string::npos);
  CHECK(s.description.find("13 studies, 11 of them pooled") != std::string::npos);
  CHECK(layout_faults(s) == "");
  // Sums beside the diamond leave out who is not pooled.
  double sum = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) sum += i == 2 || i == 4 ? 0 : *trials[i].treated.total;
  CHECK(joined(s, "cell").find(mp::detail::count_text(sum)) != std::string::npos);
}

TEST_CASE("An interval beyond the axis ends in an arrowhead; one enormous interval does not squeeze the others") {
  auto trials = bcg();
  const auto before = plot_of(trials);
  mp::effects<> e = mp::effect_sizes(trials, mp::risk_ratio{});
  e.v[3] = 400;  // whiskers over +-40 on the log scale
  const auto fit = mp::random_effects(e);
  const auto s = mp::forest_plot(trials, fit, mp::infer(fit));
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::polygon_shape>(s, "arrow").size() == 2);
  const auto [left, right] = metapool_test::plot_area(s);
  const auto whisker = shapes_of<mp::line_shape>(s, "whisker").at(3);
  CHECK(whisker.x1 < left + 6);
  CHECK(whisker.x2 > right - 6);
  const double unit_before = read_axis(before, true).b, unit = read_axis(s, true).b;
  CHECK(unit > 0.7 * unit_before);
}

TEST_CASE("Limits that are asked for are kept: what lies beyond is cut, with an arrowhead, and its numbers stay") {
  const auto s = plot_of(bcg(), {.axis_lower = 0.6, .axis_upper = 1.5});
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 5);  // 0.80, 1.01, 0.63, 0.71, 0.98
  CHECK(texts(s, "effect").size() == 15);
  CHECK(shapes_of<mp::polygon_shape>(s, "arrow").size() > 8);
  const auto diamond = shapes_of<mp::polygon_shape>(s, "diamond").at(0).points;  // 0.49 [0.34, 0.70] from 0.6 on: a triangle
  CHECK(diamond.size() == 3);
  const auto far = plot_of(bcg(), {.axis_lower = 50.0});
  CHECK(layout_faults(far) == "");
  CHECK(shapes_of<mp::polygon_shape>(far, "diamond").empty());
}

TEST_CASE("One study: its square, its diamond, and no talk of heterogeneity") {
  const trials_t one{bcg()[0]};
  const auto s = plot_of(one);
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 1);
  CHECK(shapes_of<mp::polygon_shape>(s, "diamond").size() == 1);
  CHECK(joined(s, "statistics").find("not estimable from one study") != std::string::npos);
  CHECK(s.description.find("1 study.") != std::string::npos);
}

TEST_CASE("No study pooled: the table is drawn, without diamond and weights, and says so") {
  const trials_t trials{{"A", {0.0, 20.0}, {0.0, 21.0}}, {"B", {{}, 30.0}, {3.0, 30.0}}};
  mp::model_fit<> fit;
  fit.data = mp::effect_sizes(trials, mp::risk_ratio{});
  const auto s = mp::forest_plot(trials, fit, std::vector<mp::forest_pooled<>>{});
  CHECK(layout_faults(s) == "");
  CHECK(texts(s, "note").size() == 2);
  CHECK(shapes_of<mp::polygon_shape>(s, "diamond").empty());
  CHECK(joined(s, "statistics") == "No study could be pooled");
  CHECK(s.description.find("No study could be pooled.") != std::string::npos);
  CHECK(joined(s, "heading").find("Weight") == std::string::npos);
}

TEST_CASE("Several pooled means have a diamond each; the dashed line marks the first") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  mp::mean_inference<> other = mp::infer(fit);
  other.estimate = std::log(0.64), other.lower = std::log(0.59), other.upper = std::log(0.69);
  const auto s = mp::forest_plot(trials, fit, {{"Common effect", other, {}}, {"Random effects", mp::infer(fit), mp::predict(fit)}}, {.title = "Two"});
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::polygon_shape>(s, "diamond").size() == 2);
  CHECK(texts(s, "effect").at(13) == "0.64 [0.59, 0.69]");
  CHECK(texts(s, "label").at(14) == "Random effects");
  const read_axis x(s, true);
  CHECK(shapes_of<mp::line_shape>(s, "pooled-line").at(0).x1 == doctest::Approx(x(std::log(0.64))).epsilon(1e-9));
  CHECK(joined(s, "statistics").find("Overall effect, Random effects: z = ") != std::string::npos);
}

TEST_CASE("Subgroups: heading, studies, diamond and heterogeneity each, then the whole and the test between them") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  const auto s = mp::forest_plot(trials, fit, mp::infer(fit), halves(trials), {.between_groups = mp::between_groups_text(4.1, 1, 0.0428)});
  CHECK(layout_faults(s) == "");
  CHECK(shapes_of<mp::polygon_shape>(s, "diamond").size() == 3);
  CHECK(shapes_of<mp::rectangle_shape>(s, "square").size() == 13);
  const auto labels = texts(s, "label");
  CHECK(labels[0] == "Earlier");
  CHECK(labels[7] == "Subtotal");
  CHECK(labels[8] == "Later");
  CHECK(joined(s, "statistics").find("Test between subgroups: \xCF\x87\xC2\xB2 = 4.10, df = 1, p = 0.043") != std::string::npos);
  CHECK(s.description.find("in 2 subgroups") != std::string::npos);
  const auto weights = texts(s, "weight");
  double sum = 0;
  for (std::size_t i = 0; i < 6; ++i) sum += fit.weights[i];
  CHECK(weights[6] == mp::detail::fixed_text(100 * sum, 1) + "%");
}

TEST_CASE("Marks: the user's stand behind the label, corrected studies get a free one with a footnote") {
  auto trials = bcg();
  trials[1] = {"Zero", {0.0, 30.0}, {4.0, 30.0}};
  const auto s = plot_of(trials, {.marks = {{0, "*"}, {1, "x"}}, .footnotes = {"* not verified"}});
  const auto labels = texts(s, "label");
  CHECK(labels[0] == "Trial 1 *");
  CHECK(labels[1] == "Zero x \xE2\x80\xA0");
  CHECK(joined(s, "footnote") == "\xE2\x80\xA0 0.5 added to all four cells * not verified");
  CHECK(joined(plot_of(trials, {.mark_corrections = false}), "footnote") == "");
}

TEST_CASE("The order of the rows is the one asked for, and ties keep that of the input") {
  auto trials = bcg();
  trials[3] = {"Empty", {0.0, 20.0}, {0.0, 21.0}};
  const auto fit = fit_of(trials);
  const auto labels = [&](mp::forest_order order) { return texts(plot_of(trials, {.order = order}), "label"); };
  CHECK(labels(mp::forest_order::as_given)[3] == "Empty");
  CHECK(labels(mp::forest_order::label)[0] == "Empty");
  CHECK(labels(mp::forest_order::effect)[0] == "Trial 7");  // 0.198; Trial 2 is 0.205
  CHECK(labels(mp::forest_order::effect)[12] == "Empty");
  CHECK(labels(mp::forest_order::weight)[0] == "Trial 8");
  CHECK(labels(mp::forest_order::weight)[12] == "Empty");
}

TEST_CASE("Levels: the heading names the studies', a pooled mean or prediction at another level says so") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  const auto s = mp::forest_plot(trials, fit, mp::infer(fit, mp::wald_z{.level = 0.99}), {.level = 0.9});
  CHECK(joined(s, "heading").find("RR [90% CI]") != std::string::npos);
  CHECK(joined(s, "label").find("Random effects (DerSimonian-Laird), 99% CI") != std::string::npos);
  const double half = 1.6448536269514722 * std::sqrt(fit.data.v[0]);
  CHECK(texts(s, "effect")[0].find("[" + mp::detail::fixed_text(std::exp(fit.data.y[0] - half), 2) + ",") != std::string::npos);
}

TEST_CASE("A span of trials is taken like a vector of them") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  const auto mean = mp::infer(fit);
  CHECK(mp::to_svg(mp::forest_plot(std::span<const mp::binary_trial<>>(trials), fit, mean)) == mp::to_svg(mp::forest_plot(trials, fit, mean)));
}

TEST_CASE("What does not belong together is refused by name") {
  const auto trials = bcg();
  const auto fit = fit_of(trials);
  const auto mean = mp::infer(fit);
  const auto fewer = trials_t(trials.begin(), trials.end() - 1);
  CHECK_THROWS_WITH_AS(mp::forest_plot(fewer, fit, mean), "forest_plot: 12 trials, but the fit was made from 13", mp::input_error);
  auto groups = halves(trials);
  groups[1].trials[0] = 0;
  CHECK_THROWS_WITH_AS(mp::forest_plot(trials, fit, mean, groups), "forest_plot: subgroup 'Later': trial 'Trial 1' stands in two subgroups", mp::input_error);
  groups[1].trials[0] = 99;
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, mean, groups), mp::input_error);
  groups[1].trials.erase(groups[1].trials.begin());
  CHECK_THROWS_WITH_AS(mp::forest_plot(trials, fit, mean, groups), "forest_plot: trial 'Trial 7' stands in no subgroup", mp::input_error);
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, mean, {.level = 1.0}), mp::input_error);
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, mean, {.axis_lower = 0.0}), mp::input_error);
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, mean, {.axis_lower = 2.0, .axis_upper = 1.0}), mp::input_error);
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, mean, {.plot_width = std::nan("")}), mp::input_error);
  auto bad = mean;
  bad.upper = std::nan("");
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, bad), mp::input_error);
  bad = mean;
  bad.p = std::nan("");
  CHECK_THROWS_AS(mp::forest_plot(trials, fit, bad), mp::input_error);
  auto broken = fit;
  broken.weights.pop_back();
  CHECK_THROWS_AS(mp::forest_plot(trials, broken, mean), mp::input_error);
  broken = fit;
  broken.weights[2] = std::nan("");
  CHECK_THROWS_AS(mp::forest_plot(trials, broken, mean), mp::input_error);
}

TEST_CASE("Any bytes in labels, names and notes: a clean layout and only clean text") {
  std::uint32_t state = 7;
  const auto bytes = [&](std::size_t n) {
    std::string s;
    for (std::size_t i = 0; i < n; ++i) {
      state = state * 1664525U + 1013904223U;
      s.push_back(static_cast<char>(static_cast<unsigned char>(state >> 23U)));
    }
    return s;
  };
  auto trials = bcg();
  for (int round = 0; round < 60; ++round) {
    for (auto& t : trials) t.label = bytes(static_cast<std::size_t>(round) * 3);
    const auto s = plot_of(trials, {.title = bytes(80), .treated = bytes(30), .control = bytes(60), .favours_left = bytes(30), .favours_right = bytes(50),
                                    .marks = {{1, bytes(3)}}, .footnotes = {bytes(200)}});
    REQUIRE(layout_faults(s) == "");
    for (const auto& t : shapes_of<mp::text_shape>(s)) REQUIRE(mp::detail::clean_text(t.content) == t.content);
  }
}

TEST_CASE("The SVG of a small plot is, byte for byte, the one that was looked at") {
  const auto all = bcg();
  trials_t trials{all[0], all[1], all[4]};
  trials.push_back({"M\xC3\xBCller & S\xC3\xB8n 2020", {0.0, 20.0}, {0.0, 21.0}});
  trials.push_back({"Zero 2021", {0.0, 40.0}, {3.0, 38.0}});
  const auto fit = fit_of(trials);
  const auto s = mp::forest_plot(trials, fit, mp::infer(fit), {.title = "BCG vaccine and tuberculosis", .treated = "Vaccinated", .favours_left = "Favours BCG",
                                 .favours_right = "Favours control", .prediction = mp::predict(fit)});
  CHECK(layout_faults(s) == "");
  const std::string svg = mp::to_svg(s);
  const auto path = std::filesystem::path(__FILE__).parent_path() / "golden" / "forest.svg";
  if (std::getenv("METAPOOL_UPDATE_GOLDEN") != nullptr) mp::write_svg(path, s);
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  CHECK(svg == golden);
}
