// SPDX-License-Identifier: BSL-1.0
// What a forest plot says in words: footnotes, and a description for who does not see the picture.
#pragma once

#include <metapool/plot/forest_studies.hpp>
#include <metapool/plot/forest_table.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real>
class forest_notes : protected forest_studies<Real> {
 protected:
  using base = forest_studies<Real>;
  using base::arms, base::correction_notes, base::fit, base::free_mark, base::options, base::span, base::studies, base::write;
  using forest_studies<Real>::forest_studies;

  std::vector<std::string> footnotes() const {
    std::vector<std::string> lines;
    const scale s = fit.data.measure.scale;
    if (s != scale::identity && s != scale::log) {
      std::string note = "Pooled on the ";
      note.append(name(s)).append(" scale; all effects and intervals are shown brought back to the ").append(fit.data.measure.label);
      if (s == scale::double_arcsine || s == scale::double_square_root) note += " as for large samples";
      lines.push_back(std::move(note));
    }
    for (std::size_t i = 0; i < correction_notes.size(); ++i) lines.push_back(free_mark(i) + " " + correction_notes[i]);
    for (auto& line : describe_sources(fit.data.audit)) lines.push_back(std::move(line));
    bool missing = false;
    for (const auto& trial : arms.numbers) missing = missing || std::any_of(trial.begin(), trial.end(), [](const auto& x) { return !x; });
    if (missing) lines.push_back("NR: not reported");
    lines.insert(lines.end(), options.footnotes.begin(), options.footnotes.end());
    return lines;
  }

  /// One or two sentences that say what the figure shows.
  std::string description(const std::vector<forest_pooled<Real>>& pooled, std::size_t subgroups) const {
    const std::string measure(fit.data.measure.label);
    const std::size_t n = studies.size(), k = fit.k();
    std::string s = "Forest plot of " + std::to_string(n) + (n == 1 ? " study" : " studies");
    if (k != n) s += ", " + std::to_string(k) + " of them pooled";
    if (subgroups != 0) s += ", in " + std::to_string(subgroups) + (subgroups == 1 ? " subgroup" : " subgroups");
    s += ".";
    const auto interval = [&](const forest_span& x) { return write.number(x.lower) + " to " + write.number(x.upper); };
    for (const auto& p : pooled) {
      if (k == 0) break;
      const forest_span x = span(p.mean.estimate, p.mean.lower, p.mean.upper, p.name);
      s += " Pooled " + measure + ", " + p.name + ": " + write.number(x.estimate) + ", " + level_text(p.mean.level) + " confidence interval " + interval(x) + ".";
      if (p.prediction) {
        s += " " + level_text(p.prediction->level) + " prediction interval " +
             interval(span(p.prediction->estimate, p.prediction->lower, p.prediction->upper, p.name)) + ".";
      }
    }
    if (k == 0) s += " No study could be pooled.";
    return s;
  }
};

}  // namespace metapool::detail
