// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/decimal.hpp>
#include <metapool/gwas/study_values.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace metapool::detail;

namespace {

constexpr std::size_t size = 40;

/// Row i: with codes, or with the same numbers as doubles.
gwas_row row_of(std::size_t i, bool coded) {
  const auto n = static_cast<std::uint32_t>(i);
  gwas_row row;
  row.coded = true;
  row.y_code = make_code(i % 3 == 1, 6, i % 7 == 3 ? 0 : 1234567 + 977 * n);
  row.se_code = make_code(false, 3 + n % 5, 31 + 7 * n);
  if (coded) return row;
  gwas_row plain;
  plain.y = row.effect();
  plain.v = row.variance();
  return plain;
}

/// How many bits of places differ from what they should be: those that `there` says, of rows turned round as `swapped` says.
template <class There, class Swapped>
int different(const study_values& values, double scale, const There& there, const Swapped& swapped) {
  std::vector<double> y(size), v(size);
  values.get(size, y.data(), v.data());
  int bad = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (!there(i)) {
      bad += !std::isnan(y[i]) + !std::isnan(v[i]);
      continue;
    }
    const gwas_row row = row_of(i, false);
    bad += std::bit_cast<std::uint64_t>(y[i]) != std::bit_cast<std::uint64_t>(swapped(i) ? -row.y : row.y);
    bad += v[i] != row.v * scale;
  }
  return bad;
}

}  // namespace

TEST_CASE("Effects and variances come back to the last bit, kept as codes, as doubles, or as doubles from some row on") {
  const study_scale scale{1, 1.0625};
  const auto there = [](std::size_t i) { return i % 5 != 2; };
  const auto swapped = [](std::size_t i) { return i % 4 == 1; };
  study_values values;
  for (const std::size_t doubles_from : {size, std::size_t{0}, std::size_t{17}}) {
    values.clear();
    CHECK(different(values, 1, [](std::size_t) { return false; }, swapped) == 0);
    for (std::size_t i = 0; i < size; ++i) {
      if (there(i)) values.set(i, size, row_of(i, i != doubles_from && (doubles_from == 17 || i < doubles_from)), swapped(i), scale);
    }
    CHECK(different(values, scale.v, there, swapped) == 0);
  }
}

TEST_CASE("The scale of effects is that of rows without codes") {
  study_values values;
  gwas_row row;
  row.y = 3;
  row.v = 0.5;
  values.set(1, 2, row, true, {0.25, 1});
  std::vector<double> y(2), v(2);
  values.get(2, y.data(), v.data());
  CHECK(y[1] == -0.75);
  CHECK(v[1] == 0.5);
  CHECK(std::isnan(y[0]));
}
