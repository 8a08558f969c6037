// SPDX-License-Identifier: BSL-1.0
// The effects and variances of one study of some thousand variants: 8 bytes each pair as a rule, 16 where the numbers have more digits.
#pragma once

#include <metapool/gwas/decimal_code.hpp>
#include <metapool/gwas/rows.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace metapool::detail {

/// How a file's numbers are scaled by genomic control: y by this, v by that.
struct study_scale {
  double y = 1, v = 1;
};

/// Places for one study, empty until its first row comes. They hold codes of effects and standard errors as long as all rows have such, from then on doubles: what is read back has the
/// same bits either way. Rows with codes have effects that genomic control leaves as they are.
class study_values {
 public:
  /// Forgets all rows.
  void clear() { kind_ = kind::none; }

  /// The row of a variant into place i of `size`, with its effect turned round if `swapped`. All rows of a study have one scale.
  [[gnu::always_inline]] inline void set(std::size_t i, std::size_t size, const gwas_row& row, bool swapped, const study_scale& scale) {
    if (row.coded && kind_ == kind::codes) {
      put_codes(i, size, row, swapped);
    } else {
      set_else(i, size, row, swapped, scale);
    }
  }

  /// Effects and variances of all places; NaN where there is no row.
  void get(std::size_t size, double* y, double* v) const {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (kind_ == kind::doubles) {
      for (std::size_t i = 0; i < size; ++i) {
        y[i] = numbers_[i];
        v[i] = numbers_[size + i];
      }
    } else if (kind_ == kind::codes) {
      for (std::size_t i = 0; i < size; ++i) {
        const double se = decoded(codes_[size + i]);
        const bool there = codes_[size + i] != no_code;
        const double effect = decoded(codes_[i]), variance = se * se * scale_;
        y[i] = there ? effect : nan;
        v[i] = there ? variance : nan;
      }
    } else {
      for (std::size_t i = 0; i < size; ++i) y[i] = v[i] = nan;
    }
  }

  /// Reads from memory ahead of use what set() changes.
  void prefetch(std::size_t i, std::size_t size) const {
#if defined(__GNUC__)
    if (kind_ == kind::codes) {
      __builtin_prefetch(codes_.data() + i, 1);
      __builtin_prefetch(codes_.data() + size + i, 1);
    } else if (kind_ == kind::doubles) {
      __builtin_prefetch(numbers_.data() + i, 1);
      __builtin_prefetch(numbers_.data() + size + i, 1);
    }
#else
    (void)i, (void)size;
#endif
  }

 private:
  enum class kind : std::uint8_t { none, codes, doubles };

  [[gnu::always_inline]] inline void put_codes(std::size_t i, std::size_t size, const gwas_row& row, bool swapped) {
    codes_[i] = row.y_code ^ static_cast<std::uint32_t>(swapped) << 31U;
    codes_[size + i] = row.se_code;
  }

  [[gnu::noinline]] void set_else(std::size_t i, std::size_t size, const gwas_row& row, bool swapped, const study_scale& scale) {
    if (kind_ == kind::none && row.coded) {
      codes_.assign(2 * size, no_code);
      scale_ = scale.v;
      kind_ = kind::codes;
      put_codes(i, size, row, swapped);
      return;
    }
    if (kind_ != kind::doubles) {
      numbers_.resize(2 * size);
      get(size, numbers_.data(), numbers_.data() + size);
      codes_ = std::vector<std::uint32_t>();
      kind_ = kind::doubles;
    }
    numbers_[i] = (swapped ? -1.0 : 1.0) * row.effect() * scale.y;
    numbers_[size + i] = row.variance() * scale.v;
  }

  std::vector<std::uint32_t> codes_;  // of effects, then of standard errors
  std::vector<double> numbers_;       // effects, then variances
  double scale_ = 1;                  // of variances
  kind kind_ = kind::none;
};

}  // namespace metapool::detail
