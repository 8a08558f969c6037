// SPDX-License-Identifier: BSL-1.0
// Fits of many subsets of the studies: what is asked, and the columns of the answer.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/sensitivity/subsets.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Which subsets are fitted, and how.
struct gosh_options {
  std::size_t minimum = 1;       ///< studies that a subset has at least
  std::uint64_t most = 1000000;  ///< with more subsets than that, so many random ones, all different, take their place
  std::uint64_t seed = 1;        ///< of the random ones
  unsigned threads = 1;          ///< 0: as many as the processor has; the bits are the same for any number
  bool i2_from_tau2 =
      false;  ///< I2 = tau2 / (tau2 + typical variance) and H2 to match, as metafor's gosh gives them, instead of (Q - df) / Q; not for a given tau2
};

/// Fits of subsets, one row each, as spans: where answers go, or what a sink is given. As a place for answers an empty span asks for nothing.
template <class Real = double>
struct gosh_columns {
  std::span<study_mask> mask{};        ///< bit i: pooled study i (2x2 tables: trial i) belongs to the subset
  std::span<std::uint32_t> studies{};  ///< how many were pooled
  std::span<Real> estimate{};          ///< on the pooling scale (logarithms for ratios)
  std::span<Real> se{};                ///< classical
  std::span<Real> tau2{};              ///< 0 for a common effect; NaN with one study for random effects
  std::span<Real> q{};                 ///< Cochran's Q
  std::span<Real> i2{};                ///< a fraction; 0 with one study
  std::span<Real> h2{};                ///< 1 with one study
  std::span<batch_status> status{};    ///< where it is neither ok nor one_study the numbers of the row are NaN
};

/// Fits of subsets of the studies, one row each, ascending in their masks.
template <class Real = double>
struct gosh_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};               ///< "inverse variance", "REML", "Mantel-Haenszel", ...
  std::vector<std::string> labels{};  ///< of the studies that the bits stand for
  gosh_options options{};
  bool exhaustive = true;  ///< every subset of options.minimum studies or more is there
  std::vector<study_mask> mask{};
  std::vector<std::uint32_t> studies{};
  std::vector<Real> estimate{}, se{}, tau2{}, q{}, i2{}, h2{};
  std::vector<batch_status> status{};

  std::size_t size() const { return mask.size(); }
  std::size_t k() const { return labels.size(); }
  bool contains(std::size_t row, std::size_t study) const { return (mask[row] >> study & 1) != 0; }
  /// Whether the numbers of a row are there.
  bool fitted(std::size_t row) const { return status[row] == batch_status::ok || status[row] == batch_status::one_study; }

  /// All columns, to be written to or read.
  gosh_columns<Real> columns() { return {mask, studies, estimate, se, tau2, q, i2, h2, status}; }
  void resize(std::size_t rows) {
    mask.resize(rows);
    studies.resize(rows);
    estimate.resize(rows);
    se.resize(rows);
    tau2.resize(rows);
    q.resize(rows);
    i2.resize(rows);
    h2.resize(rows);
    status.resize(rows);
  }
};

/// The rows whose numbers are there, by whether a study belongs to them.
struct gosh_split {
  std::vector<std::size_t> with{}, without{};
};

/// Rows of the subsets with and without study i (an index into labels). Throws input_error if there is no such study.
template <class Real>
gosh_split split_by_study(const gosh_result<Real>& r, std::size_t i) {
  if (i >= r.k())
    detail::throw_input_error("split_by_study", "there is no study with index " + std::to_string(i) + " among " + std::to_string(r.k()));
  gosh_split s;
  for (std::size_t row = 0; row < r.size(); ++row) {
    if (r.fitted(row)) (r.contains(row, i) ? s.with : s.without).push_back(row);
  }
  return s;
}

/// How many rows gosh gives for k studies.
template <class = void>
std::size_t gosh_rows(std::size_t k, const gosh_options& o = {}) {
  if (k == 0 || k > 64) detail::throw_input_error("gosh_rows", "k = " + std::to_string(k) + ": subsets are of 1 to 64 studies");
  if (o.minimum < 1 || o.minimum > k)
    detail::throw_input_error("gosh_rows",
                              "minimum = " + std::to_string(o.minimum) + " must be 1 to the number of studies, " + std::to_string(k));
  if (o.most < 1) detail::throw_input_error("gosh_rows", "most = 0: there must be at least one subset");
  const std::uint64_t count = detail::subset_family<>(k, o.minimum).count();
  return static_cast<std::size_t>(count < o.most ? count : o.most);
}

}  // namespace metapool
