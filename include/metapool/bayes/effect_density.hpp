// SPDX-License-Identifier: BSL-1.0
// The effect in a new study, or in one of the studies, from a joint posterior of mean and tau on panels.
#pragma once

#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/posterior_line.hpp>
#include <metapool/bayes/spread_density.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The log of an effect's density, not normalised: study, or a new one if there is none. df > 0: Student's t; else the kernel's normal parts. log_total: log of the integral over the
/// grid, which must live as long as this. far: how many moments are wanted of an effect that goes as far as mean and tau do; 0 if data hold it.
template <class Real, class Kernel>
class effect_density {
 public:
  effect_density(const joint_grid<Real, Kernel>& grid, const Real& df, const Real& log_total, const std::optional<std::size_t>& study, int far) : kernel_(&grid.kernel()), study_(study), shape_(df) {
    using std::abs, std::exp, std::sinh, std::sqrt;
    const auto& table = legendre<Real>();
    const posterior_line<Real>& line = grid.line_of_mean();
    const auto& means = grid.mean_panels();
    const auto& taus = grid.tau_panels();
    const auto& parts = kernel_->parts();
    const std::size_t kinds = df > 0 ? 1 : parts.size();
    for (std::size_t n = 0; n < taus.size(); ++n) {
      for (std::size_t i = 0; i < panel_points; ++i) {
        const Real tau = taus[n].tau[i], weight = table.w[i] * (taus[n].to - taus[n].from) / 2;
        std::vector<std::pair<std::size_t, panel_values<Real>>> kept;
        for (std::size_t m = 0; m < means.size(); ++m) {
          const panel_values<Real>& f = grid.at(m, n).f[i];
          // what is left out is little of the mass, and of the moments
          const Real reach = (std::max)({Real(1), Real(tau / line.unit), Real(abs(Real(sinh(means[m].from)))), Real(abs(Real(sinh(means[m].to))))});
          const Real share = exp(Real(*std::max_element(f.begin(), f.end()) - log_total)) * weight * (means[m].to - means[m].from);
          if (share * (far > 1 ? Real(reach * reach) : far > 0 ? reach : Real(1)) > Real(1e-11)) kept.emplace_back(m, f);
        }
        if (kept.empty()) continue;
        if (study) {
          auto own = own_density(taus[n], i, tau);
          for (auto& [m, f] : kept) {
            for (std::size_t j = 0; j < panel_points; ++j) f[j] -= own(means[m].mean[j]);
          }
        }
        for (std::size_t l = 0; l < kinds; ++l) {
          spread_.emplace_back(line, df > 0 ? tau : Real(tau * sqrt(parts[l].variance)));
          for (auto& [m, f] : kept) {
            panel_values<Real> shifted = f;
            for (Real& x : shifted) x -= grid.top();
            spread_.back().add(means[m].from, means[m].to, shifted, df > 0 ? weight : Real(weight * parts[l].weight));
          }
          spread_.back().finish(shape_);
        }
      }
    }
  }
  Real operator()(const Real& theta) {
    using std::log;
    Real sum = 0;
    for (auto& s : spread_) sum += s(theta, shape_);
    return log(sum) + (study_ ? kernel_->of_effect(*study_, theta) : Real(0));
  }

 private:
  template <class TauPanel>
  auto own_density(const TauPanel& t, std::size_t i, const Real& tau) const {
    if constexpr (Kernel::concave) {
      return kernel_->study(*study_, tau);
    } else {
      static_cast<void>(tau);
      return kernel_->own(*study_, t.slices[i]);
    }
  }

  const Kernel* kernel_;
  std::optional<std::size_t> study_;
  spread_shape<Real> shape_;
  std::vector<spread_density<Real>> spread_{};
};

}  // namespace metapool::detail
