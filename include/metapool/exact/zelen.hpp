// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/exact/fisher.hpp>
#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/exact/tilted_sums.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Limits and random numbers of zelen_test.
struct zelen_options {
  std::uint64_t most_steps = 20'000'000;  ///< of the enumeration, about 0.2 s in double; 0 goes to Monte Carlo at once
  std::uint64_t replicates = 20'000;      ///< Monte Carlo, where the enumeration needs more steps
  std::uint64_t seed = 1;
};

/// Zelen's exact test that all tables have one odds ratio.
template <class Real = double>
struct zelen_result {
  using real_type = Real;
  Real p{};            ///< P(a set of tables not more probable than the observed one), given all margins and the sum of the treated events
  Real probability{};  ///< of the observed set of tables under that law
  bool enumerated = true;             ///< false: p is Monte Carlo's, (1 + hits) / (1 + replicates), which keeps its level
  std::optional<Real> monte_carlo_se{};  ///< standard error of p, if it is Monte Carlo's
  std::uint64_t steps = 0;            ///< of the enumeration
  std::uint64_t replicates = 0;       ///< drawn
  std::size_t tables = 0;             ///< that inform
  std::vector<study_audit<Real>> audit{};
};

namespace detail {

/// The law of the treated events of each table, given their sum: with tables one after the other, what the rest can still do with what is left of the sum.
template <class Real>
class tables_given_sum {
 public:
  /// Weights at odds e^centre; the law given the sum does not depend on it, only the range of the numbers does.
  tables_given_sum(const std::vector<table_margins<Real>>& tables, const Real& centre, const Real& depth) {
    std::vector<table_margins<Real>> sorted = tables;
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.highest - a.lowest > b.highest - b.lowest; });
    Real rest = 0;
    for (const table_margins<Real>& g : sorted) {
      weight_.push_back(weights_of(g, centre, depth));
      observed_.push_back(index_of(g.observed, weight_.back()));
      rest += g.observed - weight_.back().first;
    }
    sum_ = static_cast<std::size_t>(static_cast<double>(rest));
    const std::size_t k = sorted.size();
    total_.resize(k + 1);
    most_.resize(k + 1);
    total_[k] = most_[k] = {Real(1)};
    for (std::size_t j = k; j-- > 0;) {
      const std::vector<Real>& w = weight_[j].weight;
      total_[j] = multiplied(w, total_[j + 1]);
      std::vector<Real> most(total_[j].size(), Real(0));
      for (std::size_t i = 0; i < w.size(); ++i) {
        for (std::size_t s = 0; s < most_[j + 1].size(); ++s) {
          const Real product = w[i] * most_[j + 1][s];
          if (product > most[i + s]) most[i + s] = product;
        }
      }
      most_[j] = std::move(most);
    }
    observed_weight_ = 1;
    for (std::size_t j = 0; j < k; ++j) observed_weight_ *= weight_[j].weight[observed_[j]];
    same_ = observed_weight_ * (1 + equal_probability<Real>());
  }

  Real total() const { return total_[0][sum_]; }
  Real probability() const { return observed_weight_ / total(); }

  /// Adds the weights of all sets of tables that are not more probable than the observed one; false if that takes more than `most` steps.
  bool enumerate(std::uint64_t most, Real& not_more, std::uint64_t& steps) const {
    not_more = 0;
    steps = 0;
    return visit(0, sum_, Real(1), most, not_more, steps);
  }

  /// True if a random set of tables is not more probable than the observed one.
  bool draw(random_stream& stream) const {
    std::size_t left = sum_;
    Real product = 1;
    for (std::size_t j = 0; j < weight_.size(); ++j) {
      const std::vector<Real>&w = weight_[j].weight, &rest = total_[j + 1];
      const std::size_t first = left < rest.size() ? 0 : left - (rest.size() - 1), last = (std::min)(w.size() - 1, left);
      const Real target = Real(stream.uniform()) * total_[j][left];
      Real below = 0;
      std::size_t i = first;
      for (; i < last; ++i) {
        below += w[i] * rest[left - i];
        if (below >= target) break;
      }
      product *= w[i];
      left -= i;
    }
    return product <= same_;
  }

 private:
  static std::size_t index_of(const Real& count, const count_weights<Real>& x) {
    const Real index = count - x.first;
    if (!(index >= 0 && index < static_cast<Real>(x.weight.size()))) {
      throw not_estimable("zelen_test: the observed tables are too improbable under any common odds ratio for this number type");
    }
    return static_cast<std::size_t>(static_cast<double>(index));
  }

  // A table's count is tried from the ends of its range inward, and every set of counts of the rest at once where even the most probable one is not
  // more probable than what was observed.
  bool visit(std::size_t j, std::size_t left, const Real& product, std::uint64_t most, Real& not_more, std::uint64_t& steps) const {
    if (j == weight_.size()) return true;  // more probable than the observed set, or the branch would have been counted whole
    const std::vector<Real>& w = weight_[j].weight;
    const std::size_t size = total_[j + 1].size();
    const std::size_t first = left < size ? 0 : left - (size - 1), last = (std::min)(w.size() - 1, left);
    for (std::size_t i = first; i <= last; ++i) {
      if (++steps > most) return false;
      const Real here = product * w[i];
      if (here * most_[j + 1][left - i] <= same_) {
        not_more += here * total_[j + 1][left - i];
      } else if (!visit(j + 1, left - i, here, most, not_more, steps)) {
        return false;
      }
    }
    return true;
  }

  std::vector<count_weights<Real>> weight_;
  std::vector<std::size_t> observed_;
  std::size_t sum_{};
  std::vector<std::vector<Real>> total_, most_;  // of the tables from j on, by their sum: all sets' weight, the most probable set's weight
  Real observed_weight_{}, same_{};
};

}  // namespace detail

/// Zelen's exact test of homogeneity: that all 2x2 tables have one odds ratio, whatever it is. p sums, over all sets of tables with the margins and the sum
/// of treated events observed, those not more probable than the observed set (probabilities closer than 1e-7 count as equal); the common odds ratio drops out.
///
/// Sets are enumerated table by table; a branch is counted whole as soon as nothing in it can be more probable than what was observed. If that takes more than
/// options.most_steps, p is estimated by Monte Carlo from the exact conditional law: options.replicates draws, replicate i from stream (seed, i).
/// Domain and records as exact_common_odds_ratio. Throws input_error on bad counts, without trials, with neither steps nor replicates, or if the tables have more
/// than 20,000 different sums; not_estimable if fewer than two tables inform on the odds ratio (they are equal then), or where the observed
/// tables' probability is below the range of Real.
/// Enumerated p: 12 significant digits. Zelen (1971) Biometrika 58:129; Mehta & Patel (1983) J Am Stat Assoc 78:427 (bounds along a network).
template <detail::binary_trials Trials>
auto zelen_test(const Trials& trials, const zelen_options& options = {}) -> zelen_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::sqrt;
  constexpr const char* function = "zelen_test";
  if (options.most_steps == 0 && options.replicates == 0) detail::throw_input_error(function, "most_steps and replicates are both 0: there is nothing to compute from");
  zelen_result<Real> r;
  const std::vector<detail::table_margins<Real>> tables = detail::informative_margins<Real>(trials, function, r.audit);
  r.tables = tables.size();
  if (tables.size() < 2) detail::throw_not_estimable(function, "fewer than two studies carry information on the odds ratio");
  detail::sum_of_tables<Real> sum(tables);
  const Real sums = sum.highest - sum.lowest;
  if (!(sums <= 20000)) {
    detail::throw_input_error(function, "the treated events can have " + detail::to_text(sums) + " different sums, more than 20000; use breslow_day");
  }
  Real centre = 0;
  if (sum.observed > sum.lowest && sum.observed < sum.highest) {
    convergence<Real> state;
    const detail::reaching_sum<Real> law(sum);
    centre = detail::conditional_log_odds_ratio<Real>(law, Real(0), Real(1), state);
    if (!state.converged) throw convergence_error("zelen_test: the search for the common odds ratio did not converge");
  } else {
    r.p = r.probability = 1;  // an end of the support: one set of tables only
    return r;
  }

  const detail::tables_given_sum<Real> law(tables, centre, sum.most_depth());
  r.probability = law.probability();
  Real not_more{};
  if (options.most_steps > 0 && law.enumerate(options.most_steps, not_more, r.steps)) {
    r.p = (std::min)(Real(1), Real(not_more / law.total()));
    return r;
  }
  r.enumerated = false;
  if (options.replicates == 0) {
    detail::throw_input_error(function, "the enumeration takes more than most_steps = " + std::to_string(options.most_steps) + " steps, and replicates is 0");
  }
  std::uint64_t hits = 0;
  for (std::uint64_t i = 0; i < options.replicates; ++i) {
    detail::random_stream stream(options.seed, i);
    hits += law.draw(stream);
  }
  r.replicates = options.replicates;
  const Real draws = static_cast<Real>(options.replicates);
  r.p = (1 + static_cast<Real>(hits)) / (1 + draws);
  r.monte_carlo_se = sqrt(Real(r.p * (1 - r.p) / draws));
  return r;
}

}  // namespace metapool
