// SPDX-License-Identifier: BSL-1.0
// How probably one more change raises the distance of fragility_exact_tables.hpp, at the most, whatever other changes were made before.
//
// H(m), the treated events among m of N patients, n1 of them treated, obeys H(m + 1) = H(m) + B with P(B = 1 | H(m) = h) = (n1 - h) / (N - m) and P(B = 1 | H(m + 1) = h) = h / (m + 1). So D',
// which is D after one more event in the control arm, has
//     P(D' >= t) = P(D >= t) + P(D = t - 1) E((n1 - H) / (N - m) | D = t - 1),
// and after one less in the treated arm the same with 1 - H / m. Both expectations, the shares, fall in H, so that a lower bound of E(H | D = d) is wanted. By ratios of neighbouring probabilities
// H(m) <= H(m + 1) <= H(m) + 1 in the order of likelihood ratios: a change raises D, by one at the most. Sums with independent log-concave laws keep that order (Shaked & Shanthikumar 2007, section 1.C).
// Of a given sum a stratum has the less, in the same order, the larger the others are, and the more, the larger the sum is (Efron 1965). After x events taken and y added in a stratum and e changes in
// others, E(H | D = d) is therefore at least what it is if the stratum has its own law of m - x + y draws, the others are as they were, and the whole sum is that of D = d less x and less e.
//
// Efron (1965) Ann Math Stat 36:272, doi:10.1214/aoms/1177700288; Shaked & Shanthikumar (2007) Stochastic Orders, Springer.
#pragma once

#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/sensitivity/fragility_exact_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Bounds by place: at p, for the sum that is p less than the one observed.
using exact_shares = std::vector<double>;

/// At least E(H | H + rest = sum) for the sums from, from + 1, ... ; `least`: H is never less. law, rest: down to e^-exact_law_depth.
template <class Sum>
exact_shares least_events(const count_weights<double>& law, const count_weights<double>& rest, const Sum& from, std::size_t sums, double least, double& work) {
  exact_shares mass(sums, 0), moment(sums, 0);
  const auto n = static_cast<long long>(sums), width = static_cast<long long>(rest.weight.size());
  for (std::size_t i = 0; i < law.weight.size(); ++i) {
    const double h = law.first + static_cast<double>(i), w = law.weight[i], wh = w * h;
    const auto shift = static_cast<long long>(from - h - rest.first);  // the place in `rest` for the first sum
    const long long begin = (std::max)(0LL, -shift), end = (std::min)(n, width - shift);
    if (begin >= end) continue;
    const double* g = rest.weight.data() + (shift + begin);
    double *a = mass.data() + begin, *b = moment.data() + begin;
    for (long long s = 0; s < end - begin; ++s) {
      a[s] += w * g[s];
      b[s] += wh * g[s];
    }
    work += static_cast<double>(end - begin);
  }
  constexpr double enough = 1e-37;  // beside which what was left out, e^-120 each, does not count
  double last = least;
  for (std::size_t s = 0; s < sums; ++s) {
    if (mass[s] >= enough) last = (std::max)(last, moment[s] / mass[s]);
    mass[s] = last;  // it rises with the sum, so that the last one known is a bound too
  }
  return mass;
}

/// Bounds for the next change of an arm, the earlier ones in its stratum being any from `low` to `high`.
struct exact_share_cell {
  exact_change low{}, high{};
  exact_shares share{};
  std::size_t rank = 0;  ///< of the arm
  bool needed = false;   ///< whether others have taken its place

  bool single() const { return low.fewer == high.fewer && low.more == high.more; }
};

/// One stratum beside the others, before `most` changes in all.
class exact_stratum_shares {
 public:
  exact_stratum_shares(const exact_stratum& stratum, const exact_change& now, const count_weights<double>& rest, double observed, std::size_t most)
      : stratum_(stratum), rest_(rest), events_(stratum.first + stratum.second - static_cast<double>(now.fewer) + static_cast<double>(now.more)), observed_(observed), most_(most) {}
  double work = 0;

  /// Of the next change of an arm without other changes.
  double at(bool more, std::size_t place) { return share(more, {}, {}, place); }

  exact_share_cell cell(bool more, const exact_change& low, const exact_change& high) {
    exact_share_cell c{low, high, exact_shares(most_ + 1)};
    for (std::size_t p = 0; p <= most_; ++p) c.share[p] = share(more, low, high, p);
    return c;
  }

 private:
  /// For all changes from low to high.
  double share(bool more, const exact_change& low, const exact_change& high, std::size_t place) {
    const double h = events(high.fewer, low.more)[most_ - place];
    const double drawn = events_ - static_cast<double>(low.fewer) + static_cast<double>(high.more);
    const double p = more ? (stratum_.treated - h) / (stratum_.patients() - drawn) : 1 - h / drawn;
    return p < 1 ? (std::max)(p, 0.0) : 1.0;  // 1 also where no patients are left
  }

  const exact_shares& events(std::size_t fewer, std::size_t more) {
    const auto [found, is_new] = known_.try_emplace({fewer, more});
    if (is_new) {
      const double m = events_ - static_cast<double>(fewer) + static_cast<double>(more);
      const auto law = law_of_events(stratum_.treated, stratum_.control, m, exact_law_depth);
      const double from = observed_ + static_cast<double>(more) - static_cast<double>(most_);
      found->second = least_events(law, rest_, from, most_ + 1, (std::max)(0.0, m - stratum_.control), work);
    }
    return found->second;
  }

  const exact_stratum& stratum_;
  const count_weights<double>& rest_;
  double events_, observed_;
  std::size_t most_;
  std::map<std::pair<std::size_t, std::size_t>, exact_shares> known_{};
};

}  // namespace metapool::detail
