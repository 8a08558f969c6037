// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/reliability_measures.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;
}

TEST_CASE("Cronbach's alpha, raw and transformed, is metafor's") {
  const std::vector<reliability<>> s{{"a", 0.8, 10, 50}, {"b", 0.93, 5, 100}};
  const auto check = [&](const auto& m, std::vector<double> y, std::vector<double> v) {
    const auto e = effect_sizes(s, m);
    REQUIRE(e.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(close(e.y[i], y[i], digits14));
      CHECK(close(e.v[i], v[i], digits14));
    }
  };
  check(raw_reliability{}, {0.8, 0.93}, {0.00185185185185185, 0.000125});
  check(hakstian_whalen_reliability{}, {0.415196452357427, 0.587871470019144}, {0.001739069875875657, 0.000478717772192392});
  check(bonett_reliability{}, {1.6094379124341, 2.65926003693278}, {0.0462962962962963, 0.0255102040816327});
}

TEST_CASE("alpha keeps its digits next to 1, below 0 and for 10^9 persons") {
  const wide third = wide(1) / 3;
  for (const double a : {1 - 1e-12, 0.5, 1e-10, -0.4}) {
    for (const double n : {3.0, 50.0, 1e9}) {
      const reliability<> s{"", a, 20, n};
      const wide w(a), m(n), rest = 1 - w, v = wide(40) / (19 * (m - 2));
      CHECK(close(raw_reliability{}(s).v, static_cast<double>(wide(v * rest * rest)), digits14));
      CHECK(close(bonett_reliability{}(s).y, static_cast<double>(-log1p(wide(-w))), digits14));
      CHECK(close(bonett_reliability{}(s).v, static_cast<double>(v), digits14));
      const wide c = pow(rest, third);
      CHECK(close(hakstian_whalen_reliability{}(s).y, static_cast<double>(wide(w / (1 + c + c * c))), digits14));
      CHECK(close(hakstian_whalen_reliability{}(s).v, static_cast<double>(wide(18 * 20 * (m - 1) * c * c / (19 * (9 * m - 11) * (9 * m - 11)))), digits14));
    }
  }
}

TEST_CASE("Bonett's variance is the delta method's of the raw alpha's, by numerical differentiation in 50 digits") {
  const wide h("1e-16"), a("0.8");
  const wide slope = (from_natural(scale::log_complement, wide(a + h)) - from_natural(scale::log_complement, wide(a - h))) / (2 * h);
  const reliability<> s{"", 0.8, 10, 50};
  CHECK(close(bonett_reliability{}(s).v, raw_reliability{}(s).v * static_cast<double>(wide(slope * slope)), digits12));
}

TEST_CASE("an alpha of 1, too few persons and numbers out of their domain") {
  const std::vector<reliability<>> s{{"one", 1, 10, 50}, {"two persons", 0.8, 10, 2}, {"not told", {}, 10, 50}};
  CHECK(effect_sizes(s, raw_reliability{}).audit[0].status == study_status::zero_variance);
  CHECK(effect_sizes(s, hakstian_whalen_reliability{}).audit[0].status == study_status::zero_variance);
  CHECK(effect_sizes(s, bonett_reliability{}).audit[0].status == study_status::not_defined);
  CHECK(effect_sizes(s, bonett_reliability{}).audit[1].status == study_status::too_small);
  CHECK(effect_sizes(s, bonett_reliability{}).audit[2].status == study_status::not_reported);
  CHECK_THROWS_AS(effect_sizes(std::vector<reliability<>>{{"a", 1.01, 10, 50}}, raw_reliability{}), input_error);
  CHECK_THROWS_AS(effect_sizes(std::vector<reliability<>>{{"a", 0.9, 1, 50}}, raw_reliability{}), input_error);
}
