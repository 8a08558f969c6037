// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/forest.hpp>
#include <metapool/plot/svg.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mp = metapool;

namespace {

template <class Real>
std::string svg_with() {
  const std::vector<mp::binary_trial<Real>> trials{{"A", {Real(4), Real(123)}, {Real(11), Real(139)}},
                                                   {"B", {Real(6), Real(306)}, {Real(29), Real(303)}},
                                                   {"C", {Real(33), Real(5069)}, {Real(47), Real(5808)}},
                                                   {"D", {Real(0), Real(20)}, {Real(0), Real(21)}}};
  const auto fit = mp::random_effects(mp::effect_sizes(trials, mp::odds_ratio{}), mp::dersimonian_laird{});
  return mp::to_svg(mp::forest_plot(trials, fit, mp::infer(fit), {.favours_left = "Favours A", .prediction = mp::predict(fit)}));
}

}  // namespace

TEST_CASE("Double, long double and 50 digits give the same figure, byte for byte") {
  const std::string expected = svg_with<double>();
  CHECK(svg_with<long double>() == expected);
  using digits50 = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;
  CHECK(svg_with<digits50>() == expected);
}

TEST_CASE("A figure of floats is drawn") {
  CHECK(svg_with<float>().find("</svg>") != std::string::npos);
}
