// SPDX-License-Identifier: BSL-1.0
// How wide a text will be, and where to break it: advance widths of Helvetica, which Arial and Liberation Sans share.
#pragma once

#include <metapool/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {
namespace detail {

/// Advance widths of U+0020 to U+007E in thousandths of an em.
template <bool Bold>
inline constexpr std::array<std::uint16_t, 95> helvetica_widths{
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584};
template <>
inline constexpr std::array<std::uint16_t, 95> helvetica_widths<true>{
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611,
    611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584};

/// For letters beyond ASCII, an ASCII character that is as wide or a little wider, in regular and bold.
struct width_twins {
  char32_t first;
  std::string_view twins;
};
template <class = void>
inline constexpr std::array<width_twins, 3> latin_greek_cyrillic{{
    {0xA0,
     "I(0000|0(C*0+(C0*0(((+0I((*0MMMFAAAAAA@CEEEEIIIICCGGGGG+GCCCCEEF000000%J0000IIIILLLLLLL0FLLLLJLJA0A0A0CJCJCJCJCA"
     "CLE0E0E0E0E0GLGLGLGLCLCLIIIIIIIiIIw^JiAJJLiLiLrLzLiCLCLCLACLGLGLGL@WCrCrCrEJEJEJEJFfFzFfCLCLCLCLCLCLWwEJEFzFzFzi"},
    {0x391, "AALAEFCGIAEMCEGCEwFFEMEMMIEFzLiLFFJLzzL0iIJJFJzLwLJAzLALwM"},
    {0x400, "EE%0CEIIJ@@%FCECAAA0AEWFCCFAMCGCECFEmEGA@@m@AC@C0FLzE0AzLLzEwLLLLJzJmJFLMMAmLJmL00LzJJiIi@WLzLJL"},
}};

struct code_range {
  char32_t first, last;
};
/// Marks that sit on the letter before them, joiners and variation selectors.
template <class = void>
inline constexpr std::array<code_range, 9> zero_width_ranges{{{0xAD, 0xAD}, {0x300, 0x36F}, {0x483, 0x489}, {0x591, 0x5BD}, {0x1AB0, 0x1AFF},
                                                              {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
/// Ideographs, kana, Hangul, full-width forms and pictures: a full em and more.
template <class = void>
inline constexpr std::array<code_range, 7> full_width_ranges{{{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                                              {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x20000, 0x3FFFD}}};

template <std::size_t N>
constexpr bool in_ranges(const std::array<code_range, N>& ranges, char32_t c) {
  for (const auto& r : ranges) {
    if (c >= r.first && c <= r.last) return true;
  }
  return false;
}

/// Advance width of one code point in em.
template <class = void>
constexpr double code_point_width(char32_t c, bool bold) {
  const auto ascii = [&](char32_t a) {
    return (bold ? helvetica_widths<true>[a - 0x20] : helvetica_widths<false>[a - 0x20]) / 1000.0;
  };
  if (c < 0x20) return 0;
  if (c < 0x7F) return ascii(c);
  if (in_ranges(zero_width_ranges<>, c)) return 0;
  for (const auto& block : latin_greek_cyrillic<>) {
    if (c >= block.first && c < block.first + block.twins.size()) return ascii(static_cast<unsigned char>(block.twins[c - block.first]));
  }
  if (in_ranges(full_width_ranges<>, c)) return 1.0;
  if (c >= 0x1F000 && c <= 0x1FAFF) return 1.4;  // pictures
  switch (c) {
    case 0x2013: case 0x2020: case 0x2021: case 0x20AC: return 0.556;
    case 0x2018: case 0x2019: case 0x201A: return 0.278;
    case 0x2022: return 0.35;
    case 0x2212: return 0.584;
    case 0x2264: case 0x2265: return 0.549;
    default: break;
  }
  if (c >= 0x590 && c <= 0x6FF) return 0.65;       // Hebrew and Arabic
  if (c >= 0x1E00 && c <= 0x1EFF) return 0.78;     // Latin with further accents (Vietnamese)
  return 1.0;
}

}  // namespace detail

/// The width of a UTF-8 text set in Helvetica, Arial or Liberation Sans at `size` (the em), in the units of size. Exact for ASCII (no
/// kerning); for accented Latin, Greek and Cyrillic letters within a sixth of an em and rarely too narrow; other scripts are taken from
/// whatever font the reader has and are estimated (1 em for ideographs and kana).
template <class = void>
double text_width(std::string_view text, double size, bool bold = false) {
  double em = 0;
  for (std::size_t at = 0; at < text.size();) em += detail::code_point_width(detail::next_code_point(text, at), bold);
  return em * size;
}

/// Breaks a text into lines no wider than `width`: at spaces, between ideographs, and inside a word only if the word alone is too wide (never
/// before a combining mark). At least one line; a single character wider than `width` gets a line of its own.
template <class = void>
std::vector<std::string> wrap_text(std::string_view text, double size, bool bold, double width) {
  std::vector<std::string> lines;
  std::string line;
  double used = 0;              // of line
  std::size_t cut = 0;          // where line may be broken; 0: nowhere yet
  double used_at_cut = 0;
  const auto may_break_here = [&] {
    cut = line.size();
    used_at_cut = used;
  };
  const auto finish = [&](std::string s) {
    while (!s.empty() && s.back() == ' ') s.pop_back();
    if (!s.empty()) lines.push_back(std::move(s));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = detail::next_code_point(text, at);
    const double w = detail::code_point_width(c, bold) * size;
    if (line.empty() && c == ' ') continue;
    const bool ideograph = detail::in_ranges(detail::full_width_ranges<>, c);
    if (ideograph) may_break_here();
    while (c != ' ' && w > 0 && used + w > width && !line.empty()) {
      if (cut == 0) may_break_here();
      std::string rest = line.substr(cut);
      line.resize(cut);
      finish(std::move(line));
      line = std::move(rest);
      used -= used_at_cut;
      cut = 0;
      used_at_cut = 0;
    }
    line.append(text.substr(begin, at - begin));
    used += w;
    if (c == ' ' || ideograph) may_break_here();
  }
  finish(std::move(line));
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace metapool
