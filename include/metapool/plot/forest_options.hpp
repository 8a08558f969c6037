// SPDX-License-Identifier: BSL-1.0
// What a forest plot can be told, beside the numbers.
#pragma once

#include <metapool/inference/result.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/plot/scene.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// In which order the studies stand; those with equal keys keep the order of the input. Studies without an effect stand last where the key
/// is one that they lack.
enum class forest_order : std::uint8_t {
  as_given,
  label,   ///< by the bytes of the label
  effect,  ///< smallest effect first
  weight   ///< greatest weight first
};

/// The colours of a forest plot. Nothing is told by colour alone: shapes and text say it too.
struct forest_colours {
  rgb square{0x5b, 0x8f, 0xc4};
  rgb diamond{0x1f, 0x4e, 0x79};
  rgb prediction{0xa8, 0x5a, 0x1c};
  rgb grey{0x66, 0x66, 0x66};   ///< headings of axes, studies not pooled, footnotes
};

/// Options of forest_plot; every one has a default.
template <class Real = double>
struct forest_options {
  std::string title{};               ///< above the plot; empty: none
  std::string treated = "Treated";   ///< name of the treated arm
  std::string control = "Control";   ///< name of the control arm
  std::string favours_left{};        ///< whom an effect left of no effect favours ("Favours BCG"); empty: not said
  std::string favours_right{};       ///< and right of it
  double level = 0.95;               ///< of the studies' own intervals (normal: y -+ z sqrt(v))
  std::optional<metapool::prediction<Real>> prediction{};  ///< drawn below the pooled mean
  std::optional<Real> axis_lower{};  ///< left end of the axis, natural scale (a ratio for ratios); default: from the data
  std::optional<Real> axis_upper{};  ///< right end
  std::optional<int> decimals{};     ///< of effects, 0 to 9; default: two, and for differences as many as their intervals need
  forest_order order = forest_order::as_given;
  std::map<std::size_t, std::string> marks{};  ///< a mark behind the label of the study with this index in the input: {2, "†"}
  std::vector<std::string> footnotes{};        ///< below the plot, one line or more each: "† not verified against the trial's report"
  bool mark_corrections = true;      ///< mark studies to whose cells something was added, and say in a footnote what
  bool i2_from_tau2 = false;         ///< show I2 = tau2 / (tau2 + typical variance), as metafor does, instead of (Q - df) / Q
  std::string between_groups{};      ///< the line on the test between subgroups; see between_groups_text
  double plot_width = 300;           ///< width of the plot area, if `width` leaves it free; user units (CSS pixels)
  double width = 0;                  ///< of the whole figure; 0: as the columns need. Never narrower than columns and a plot area of 140 need
  double label_width = 250;          ///< longer labels are broken into lines of at most this width
  forest_colours colours{};
};

/// One pooled mean with a diamond of its own.
template <class Real = double>
struct forest_pooled {
  std::string name{};                                      ///< "Random effects (REML)"
  mean_inference<Real> mean{};
  std::optional<metapool::prediction<Real>> prediction{};  ///< drawn below it
};

/// A subgroup of the studies with its own diamond and heterogeneity.
template <class Real = double>
struct forest_subgroup {
  std::string name{};
  std::vector<std::size_t> trials{};  ///< indices into the trials that were given to forest_plot, pooled or not
  model_fit<Real> fit{};              ///< of this subgroup alone
  mean_inference<Real> mean{};
  std::optional<metapool::prediction<Real>> prediction{};
};

}  // namespace metapool
