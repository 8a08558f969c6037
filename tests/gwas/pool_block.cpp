// SPDX-License-Identifier: BSL-1.0
#include <metapool/gwas/pool_block.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace metapool;
using namespace metapool::detail;

TEST_CASE("Variants that are pooled side by side get the bits of one at a time, with any number of studies and of variants") {
  gwas_analysis a;
  a.heterogeneity = true;
  for (const std::size_t studies : {1U, 2U, 9U, 70U}) {
    const variant_layout layout(a, studies, true);
    for (const std::size_t n : {1U, 7U, 24U, 61U}) {
      variant_block block;
      block.reset(layout, 64);
      std::vector<double> y(studies * block.size), v(studies * block.size);
      for (std::size_t j = 0; j < studies; ++j) {
        for (std::size_t i = 0; i < n; ++i) {
          if (i % 4 != 0 && (i * studies + 3 * j) % (3 + i % 5) == 1) continue;  // missing here and there
          gwas_row row;
          row.y = std::sin(static_cast<double>(31 * i + j)) * (i % 11 == 5 ? 40 : 0.15);
          row.v = 0.01 + 0.001 * static_cast<double>((7 * i + 5 * j) % 13);
          row.coded = j % 3 == 1;  // of these, studies of codes only
          row.y_code = make_code(row.y < 0, 4, static_cast<std::uint32_t>(std::fabs(row.y) * 1e4));
          row.se_code = make_code(false, 5, static_cast<std::uint32_t>(std::sqrt(row.v) * 1e5));
          y[j * block.size + i] = row.effect();
          v[j * block.size + i] = row.variance();
          block.values[j].set(i, block.size, row, false, {});
          block.signs[i * layout.direction_bytes + j / 4] |= static_cast<unsigned char>(1U << (2 * (j % 4)));
        }
      }
      pooled_block pooled;
      pool_block(a, layout, block, n, 1.21, pooled);
      int different = 0;
      for (std::size_t i = 0; i < n; ++i) {
        running_sums s;
        std::size_t k = 0;
        for (std::size_t j = 0; j < studies; ++j) {
          if (!(v[j * block.size + i] > 0)) continue;
          s.add(y[j * block.size + i], v[j * block.size + i]);
          ++k;
        }
        different += pooled.studies[i] != k || pooled.weight[i] != s.weight || pooled.mean[i] != s.mean || pooled.q[i] != s.q;
        if (k == 0) continue;
        const double se = std::sqrt(1.21) / std::sqrt(s.weight), z = s.mean / se;
        different += pooled.se[i] != se || pooled.z[i] != z || pooled.p[i] != batch_normal_p(z);
        different += pooled.q_p[i] != (k < 2 ? 1 : batch_chi_squared_p(s.q, k - 1));
      }
      CHECK(different == 0);
    }
  }
}
