// SPDX-License-Identifier: BSL-1.0
// The result of a block of variants as lines of text, in METAL's columns.
#pragma once

#include <metapool/batch/tails.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/locus.hpp>
#include <metapool/gwas/pool_block.hpp>
#include <metapool/gwas/variant_names.hpp>
#include <metapool/text/shortest_number.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

/// The directions of four studies, for each byte of a variant_block's signs.
struct sign_texts {
  char at[256][4];
  constexpr sign_texts() : at{} {
    for (unsigned i = 0; i < 256; ++i) {
      for (unsigned j = 0; j < 4; ++j) at[i][j] = "?+-0"[i >> (2 * j) & 3U];
    }
  }
};
inline constexpr sign_texts texts_of_signs;

/// Text put together at the end of a vector that keeps its memory.
class text_sink {
 public:
  text_sink() = default;
  text_sink(text_sink&&) = default;
  text_sink& operator=(text_sink&&) = default;

  /// digits: significant ones of every number without decimals of its own; 0 or less: as many as tell it from all others.
  void clear(int digits = 0) {
    at_ = text_.data();
    digits_ = digits;
  }
  std::string_view view() const { return {text_.data(), static_cast<std::size_t>(at_ - text_.data())}; }

  void put(char c) {
    room(1);
    *at_++ = c;
  }
  void put(std::string_view s) {
    room(s.size());
    std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
  }
  void lower(std::string_view s) {
    for (const char c : s) put(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }

  /// The shortest text that reads back as x, or one with so many decimals; "NA" for NaN.
  void number(double x, int decimals = -1) {
    if (x != x) {
      put("NA");
      return;
    }
    room(400);
    at_ = decimals >= 0 ? std::to_chars(at_, at_ + 400, x, std::chars_format::fixed, decimals).ptr
          : digits_ > 0 ? std::to_chars(at_, at_ + 400, x, std::chars_format::general, digits_).ptr
                        : put_shortest(at_, x);
  }
  void whole(std::uint64_t n) {
    room(24);
    at_ = n < 10 ? (*at_ = static_cast<char>('0' + n), at_ + 1) : std::to_chars(at_, at_ + 24, n).ptr;
  }

  /// Of `studies` studies, two bits each from the lowest on: ? + - 0.
  void directions(const std::uint8_t* signs, std::size_t studies) {
    room(studies + 4);
    for (std::size_t j = 0; j < studies; j += 4) std::memcpy(at_ + j, texts_of_signs.at[signs[j / 4]], 4);
    at_ += studies;
  }

  /// A p-value: as number(p), or where p is below 1e-300, from its logarithm with six digits ("3.21547e-412"). `x`: its -log10, called if needed.
  template <class MinusLog10>
  void p_value(double p, const MinusLog10& x) {
    if (!(p < 1e-300)) {
      number(p);
      return;
    }
    const double l = x();
    if (!(l < 1e15)) {
      put("0");
      return;
    }
    const double power = std::ceil(l);
    double mantissa = std::round(std::pow(10.0, power - l) * 1e5) / 1e5;
    double e = power;
    if (mantissa >= 10) {
      mantissa /= 10;
      e -= 1;
    }
    number(mantissa);
    put("e-");
    whole(static_cast<std::uint64_t>(e));
  }

 private:
  void room(std::size_t n) {
    if (static_cast<std::size_t>(text_.data() + text_.size() - at_) < n) grow(n);
  }
  [[gnu::noinline]] void grow(std::size_t n) {
    const std::size_t used = static_cast<std::size_t>(at_ - text_.data());
    text_.resize(2 * (used + n) + 4096);
    at_ = text_.data() + used;
  }
  std::vector<char> text_;
  char* at_ = nullptr;  // the end of what was put
  int digits_ = 0;
};

constexpr std::string_view tau2_name(gwas_tau2 which) {
  return which == gwas_tau2::dersimonian_laird ? "DL" : which == gwas_tau2::paule_mandel ? "PM" : "REML";
}

/// The header line, with its line break.
template <class = void>
std::string result_header(const gwas_analysis& a) {
  std::string s;
  if (a.track_positions) s += "Chromosome\tPosition\t";
  s += "MarkerName\tAllele1\tAllele2";
  if (a.average_frequency || a.min_max_frequency) s += "\tFreq1\tFreqSE";
  if (a.min_max_frequency) s += "\tMinFreq\tMaxFreq";
  s += a.scheme == gwas_scheme::standard_error ? "\tEffect\tStdErr" : "\tWeight\tZscore";
  s += a.log_p_value ? "\tlog(P)" : "\tP-value";
  s += "\tDirection";
  if (a.heterogeneity) s.append("\tHetISq\tHetChiSq\tHetDf\t").append(a.log_p_value ? "logHetP" : "HetPVal");
  for (const std::string& name : a.custom) s.append("\t").append(name);
  if (a.minus_log10_p) s += "\tMinusLog10P";
  for (const gwas_tau2 which : a.random_effects) {
    for (const char* column : {"Effect", "StdErr", "P-value", "TauSq"}) s.append("\t").append(column).append(tau2_name(which));
    if (!a.hartung_knapp) continue;
    for (const char* column : {"StdErrHK", "P-valueHK"}) s.append("\t").append(column).append(tau2_name(which));
  }
  s += '\n';
  return s;
}

/// One line for each of the first n variants that has a study and weight enough. names: variant `first` is place 0 of the block. Returns how many lines.
template <class = void>
std::size_t put_block(const gwas_analysis& a, const variant_layout& layout, const variant_block& block, std::size_t n, const variant_names& names, std::size_t first,
                      const pooled_block& pooled, text_sink& to) {
  std::size_t lines = 0;
  const auto log10_p = [&](const auto& x) {
    const double l = x();
    to.number(l == 0 ? 0.0 : -l);
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (pooled.studies[i] == 0) continue;
    const double* const numbers = block.numbers.data() + i * layout.width;
    if (layout.weight != variant_layout::none && numbers[layout.weight] < a.minimum_weight) continue;
    ++lines;
    if (a.track_positions) {
      const std::uint64_t locus = block.locus[i];
      to.put(locus == 0 ? std::string("NA") : chromosome_text(locus >> 40U));
      to.put('\t');
      if (locus == 0) {
        to.put("NA");
      } else {
        to.whole(locus & ((std::uint64_t{1} << 40U) - 1));
      }
      to.put('\t');
    }
    to.put(names.name(first + i));
    for (const std::string_view allele : {names.allele1(first + i), names.allele2(first + i)}) {
      to.put('\t');
      if (a.capitals) {
        to.put(allele);
      } else {
        to.lower(allele);
      }
    }
    if (layout.frequency != variant_layout::none) {
      const double* const f = numbers + layout.frequency;
      const bool any = f[0] > 0;
      const double nan = std::nan("");
      to.put('\t');
      to.number(any ? f[1] : nan);
      to.put('\t');
      to.number(any ? std::sqrt(f[2] / f[0]) : nan);
      if (a.min_max_frequency) {
        to.put('\t');
        to.number(any ? f[3] : nan);
        to.put('\t');
        to.number(any ? f[4] : nan);
      }
    }
    to.put('\t');
    if (a.scheme == gwas_scheme::standard_error) {
      to.number(pooled.mean[i], a.effect_decimals);
      to.put('\t');
      to.number(pooled.se[i], a.stderr_decimals);
    } else {
      to.number(pooled.weight[i]);
      to.put('\t');
      to.number(pooled.z[i], a.effect_decimals);
    }
    const auto minus_log10_p = [&] { return batch_normal_minus_log10_p(pooled.z[i], pooled.p[i]); };
    to.put('\t');
    if (a.log_p_value) {
      log10_p(minus_log10_p);
    } else {
      to.p_value(pooled.p[i], minus_log10_p);
    }
    to.put('\t');
    to.directions(block.signs.data() + i * layout.direction_bytes, layout.studies);
    if (a.heterogeneity) {
      const std::size_t df = pooled.studies[i] - 1;
      const double q = pooled.q[i], d = static_cast<double>(df);
      to.put('\t');
      to.number(q > d ? 100 * ((q - d) / q) : 0.0);
      to.put('\t');
      to.number(q);
      to.put('\t');
      to.whole(df);
      to.put('\t');
      const auto minus_log10_q = [&] { return df == 0 ? 0.0 : batch_chi_squared_minus_log10_p(q, df, pooled.q_p[i]); };
      if (a.log_p_value) {
        log10_p(minus_log10_q);
      } else {
        to.p_value(pooled.q_p[i], minus_log10_q);
      }
    }
    for (std::size_t c = 0; c < a.custom.size(); ++c) {
      to.put('\t');
      to.number(numbers[layout.custom + c]);
    }
    if (a.minus_log10_p) {
      to.put('\t');
      to.number(minus_log10_p());
    }
    for (const random_columns& r : pooled.random) {
      to.put('\t');
      to.number(r.estimate[i], a.effect_decimals);
      to.put('\t');
      to.number(r.se[i], a.stderr_decimals);
      to.put('\t');
      to.p_value(r.p[i], [&] { return batch_normal_minus_log10_p(r.estimate[i] / r.se[i], r.p[i]); });
      to.put('\t');
      to.number(r.tau2[i]);
      if (!a.hartung_knapp) continue;
      to.put('\t');
      to.number(r.hk_se[i], a.stderr_decimals);
      to.put('\t');
      to.p_value(r.hk_p[i], [&] { return r.hk_minus_log10_p[i]; });
    }
    to.put('\n');
  }
  return lines;
}

}  // namespace metapool::detail
