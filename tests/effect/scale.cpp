// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/scale.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;

constexpr scale all_scales[] = {scale::identity,   scale::log,         scale::logit,              scale::arcsine,  scale::double_arcsine,
                                scale::square_root, scale::double_square_root, scale::fisher_z, scale::log_complement, scale::cube_root_complement};
}  // namespace

TEST_CASE("the natural scale of a logarithm is its exponential, and the identity leaves as it is") {
  CHECK(close(to_natural(scale::log, std::log(0.58)), 0.58, digits15));
  CHECK(close(from_natural(scale::log, 0.58), std::log(0.58), digits15));
  CHECK(to_natural(scale::identity, -3.5) == -3.5);
  CHECK(from_natural(scale::identity, -3.5) == -3.5);
  CHECK(to_natural(scale::log, 0.0f) == 1.0f);
}

TEST_CASE("the scales are their textbook forms in 50 digits") {
  const wide third = wide(1) / 3;
  for (const double p : {1e-300, 1e-12, 0.001, 0.2, 0.4999999999, 0.5, 0.5000000001, 0.7, 0.999, 1 - 1e-12, 1 - 1.1102230246251565e-16}) {
    const wide w(p);
    CHECK(close(from_natural(scale::logit, p), static_cast<double>(log(wide(w / (1 - w)))), digits15));
    CHECK(close(from_natural(scale::arcsine, p), static_cast<double>(asin(wide(sqrt(w)))), digits15));
    CHECK(close(from_natural(scale::square_root, p), static_cast<double>(sqrt(w)), digits15));
    for (const double r : {p, -p}) {
      CHECK(close(from_natural(scale::fisher_z, r), static_cast<double>(wide((r < 0 ? -1 : 1) * log1p(wide(2 * w / (1 - w))) / 2)), digits15));
      CHECK(close(from_natural(scale::log_complement, r), static_cast<double>(-log1p(wide(-wide(r)))), digits15));
      const wide c = pow(wide(1 - wide(r)), third);
      CHECK(close(from_natural(scale::cube_root_complement, r), static_cast<double>(wide(wide(r) / (1 + c + c * c))), digits15));
    }
  }
  CHECK(close(to_natural(scale::fisher_z, 0.5493061443340549), 0.5, digits15));
  CHECK(close(from_natural(scale::fisher_z, 0.9), 1.4722, printed(4)));  // Fisher's table
}

TEST_CASE("to the natural scale and back is where it began, in double and in 50 digits") {
  for (const scale s : all_scales) {
    CAPTURE(std::string(name(s)));
    for (const double x : {0.0009, 0.1, 0.3, 0.5, 0.77, 0.999}) {
      CHECK(close(to_natural(s, from_natural(s, x)), x, digits14));
      CHECK(close(to_natural(s, from_natural(s, wide(x))), wide(x), digits40));
      CHECK(close(from_natural(s, to_natural(s, wide(x))), wide(x), digits40));
    }
  }
}

TEST_CASE("every scale rises with what is read, and float and long double take part") {
  for (const scale s : all_scales) {
    CAPTURE(std::string(name(s)));
    double last = -1e300;
    for (double x = 0.02; x < 0.99; x += 0.01) {
      const double y = from_natural(s, x);
      CHECK(y > last);
      last = y;
    }
    CHECK(close(to_natural(s, from_natural(s, 0.3f)), 0.3f, digits5));
    CHECK(close(to_natural(s, from_natural(s, 0.3L)), 0.3L, digits15));
  }
}

TEST_CASE("ends of intervals beyond the range of a proportion, rate or correlation come back as its end") {
  CHECK(to_natural(scale::arcsine, -0.1) == 0.0);
  CHECK(to_natural(scale::arcsine, 1.6) == 1.0);
  CHECK(to_natural(scale::double_arcsine, 3.0) == 1.0);
  CHECK(to_natural(scale::double_arcsine, 7.0) == 1.0);
  CHECK(to_natural(scale::square_root, -0.1) == 0.0);
  CHECK(to_natural(scale::double_square_root, -0.1) == 0.0);
  CHECK(to_natural(scale::logit, 800.0) == 1.0);
  CHECK(to_natural(scale::logit, -800.0) == 0.0);
  CHECK(to_natural(scale::logit, -700.0) > 0.0);
  CHECK(to_natural(scale::fisher_z, 400.0) == 1.0);
}

TEST_CASE("a scale is named in running text, and a measure compares unless it says otherwise") {
  CHECK(std::string(name(scale::logit)) == "logit");
  CHECK(std::string(name(scale::fisher_z)) == "Fisher z");
  for (const scale s : all_scales) CHECK(!std::string(name(s)).empty());
  CHECK(measure_info{}.comparison);
}
