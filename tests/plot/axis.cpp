// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/axis.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

using metapool::effect_axis;
using metapool::scale;

namespace {

std::string labels(const effect_axis& a) {
  std::string s;
  for (const auto& t : a.ticks) s += (s.empty() ? "" : " ") + t.label;
  return s;
}

effect_axis ratio_axis(double lower, double upper, double width) {
  effect_axis a{scale::log, std::log(lower), std::log(upper), 0, width, {}};
  metapool::set_ticks(a, 11);
  return a;
}

effect_axis even_axis(double lower, double upper, double width) {
  effect_axis a{scale::identity, lower, upper, 0, width, {}};
  metapool::set_ticks(a, 11);
  return a;
}

}  // namespace

TEST_CASE("The axis maps its limits to its ends, and equal ratios to equal distances") {
  const auto a = ratio_axis(0.1, 10, 200);
  CHECK(a.x(std::log(0.1)) == doctest::Approx(0));
  CHECK(a.x(std::log(10.0)) == doctest::Approx(200));
  CHECK(a.x(0) == doctest::Approx(100));
  CHECK(a.x(std::log(4.0)) - a.x(std::log(2.0)) == doctest::Approx(a.x(std::log(2.0)) - a.x(0)));
  CHECK(a.contains(0));
  CHECK_FALSE(a.contains(std::log(11.0)));
}

TEST_CASE("Ratio ticks: 1 2 5 where they fit, sparser on long axes, even steps on short ones") {
  CHECK(labels(ratio_axis(0.1, 10, 300)) == "0.1 0.2 0.5 1 2 5 10");
  CHECK(labels(ratio_axis(0.04, 6, 280)) == "0.05 0.1 0.2 0.5 1 2 5");
  CHECK(labels(ratio_axis(0.01, 100, 280)) == "0.01 0.03 0.1 0.3 1 3 10 30 100");
  CHECK(labels(ratio_axis(0.001, 1000, 200)) == "0.001 0.01 0.1 1 10 100 1000");
  CHECK(labels(ratio_axis(1e-6, 1e6, 200)) == "1e-6 0.001 1 1000 1000000");
  CHECK(labels(ratio_axis(0.8, 1.3, 300)) == "0.8 0.9 1 1.1 1.2 1.3");
  CHECK(labels(ratio_axis(0.95, 1.02, 300)) == "0.95 0.96 0.97 0.98 0.99 1 1.01 1.02");
}

TEST_CASE("Even ticks: steps of 1, 2 or 5 times a power of ten, with a true minus") {
  CHECK(labels(even_axis(-90, 45, 280)) == "\xE2\x88\x92" "80 \xE2\x88\x92" "60 \xE2\x88\x92" "40 \xE2\x88\x92" "20 0 20 40");
  CHECK(labels(even_axis(0, 1, 300)) == "0 0.2 0.4 0.6 0.8 1");
  CHECK(labels(even_axis(-3e9, 3e9, 300)).find("0") != std::string::npos);
}

TEST_CASE("Ticks of any axis: inside, labels apart, labelled with their value, no effect among them") {
  for (const double width : {120.0, 280.0, 600.0}) {
    for (int i = 0; i < 400; ++i) {
      const double below = std::pow(1.07, i % 190) * 1.01, above = std::pow(1.09, (i * 7) % 140) * 1.01;
      for (const bool ratio : {true, false}) {
        const auto a = ratio ? ratio_axis(1 / below, above, width) : even_axis(-below, above / 100, width);
        CAPTURE(below);
        CAPTURE(above);
        CAPTURE(ratio);
        REQUIRE(a.ticks.size() >= 1);
        REQUIRE(a.ticks.size() <= 13);
        bool none = false;
        for (std::size_t j = 0; j < a.ticks.size(); ++j) {
          const auto& t = a.ticks[j];
          REQUIRE((t.position >= a.lower - 1e-6 * (a.upper - a.lower) && t.position <= a.upper + 1e-6 * (a.upper - a.lower)));
          std::string label = t.label;
          if (label.rfind("\xE2\x88\x92", 0) == 0) label.replace(0, 3, "-");
          REQUIRE(std::strtod(label.c_str(), nullptr) == doctest::Approx(metapool::to_natural(a.scale, t.position)).epsilon(1e-9));
          none = none || std::fabs(t.position) < 1e-12;
          if (j == 0) continue;
          const double gap = a.x(t.position) - a.x(a.ticks[j - 1].position);
          REQUIRE(gap >= (metapool::text_width(t.label, 11) + metapool::text_width(a.ticks[j - 1].label, 11)) / 2 + 7.69);
        }
        REQUIRE(none);
      }
    }
  }
}

TEST_CASE("Decimal text is exact") {
  CHECK(metapool::detail::decimal_text(15, -1) == "1.5");
  CHECK(metapool::detail::decimal_text(10, -1) == "1");
  CHECK(metapool::detail::decimal_text(10, -3) == "0.01");
  CHECK(metapool::detail::decimal_text(0, 5) == "0");
  CHECK(metapool::detail::decimal_text(5, 3) == "5000");
  CHECK(metapool::detail::decimal_text(20, 8) == "2e9");
  CHECK(metapool::detail::decimal_text(-125, -8) == "\xE2\x88\x92" "1.25e-6");
}
