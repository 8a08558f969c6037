// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/constants.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace metapool {

/// Random effects of which a share is spread more widely: (1 - share) N(mean, tau^2) + share N(mean, (factor tau)^2). Throws input_error unless
/// 0 < share < 1 and 1 < factor <= 1000. Beath (2014) Res Synth Methods 5:285.
struct contaminated_effects {
  double share = 0.1;
  double factor = 5;
  explicit contaminated_effects(double share_ = 0.1, double factor_ = 5) : share(share_), factor(factor_) {
    if (!(share > 0 && share < 1)) detail::throw_input_error("contaminated_effects", "share = " + detail::to_text(share) + " must lie strictly between 0 and 1");
    if (!(factor > 1 && factor <= 1000)) detail::throw_input_error("contaminated_effects", "factor = " + detail::to_text(factor) + " must exceed 1 and not 1000");
  }
  std::string name() const { return "contaminated normal, a share of " + detail::to_text(share) + " with " + detail::to_text(factor) + " tau"; }
  /// The weights and variances (in units of tau^2) of the normal distributions of which it consists, for studies up to `reach` standard errors apart.
  template <class Real>
  std::vector<detail::scale_part<Real>> parts(const Real&) const {
    return {{Real(1 - Real(share)), Real(1)}, {Real(share), Real(factor) * Real(factor)}};
  }
};

/// Random effects with Student's t of df degrees of freedom times tau around the mean; tau is the scale, not the standard deviation, which is sqrt(df / (df - 2)) times as
/// large. Throws input_error unless 1 <= df <= 1000. Baker & Jackson (2008) Health Care Manag Sci 11:121; Lee & Thompson (2008) Stat Med 27:418.
struct t_effects {
  double df = 4;
  explicit t_effects(double df_ = 4) : df(df_) {
    if (!(df >= 1 && df <= 1000)) detail::throw_input_error("t_effects", "df = " + detail::to_text(df) + " must lie between 1 and 1000; above that use normal_normal()");
  }
  std::string name() const { return "t, " + detail::to_text(df) + " degrees of freedom"; }
  /// As above; together they are Student's t within 1e-9 of its density, farther out within 1e-7, as far as it is above e^-160.
  template <class Real>
  std::vector<detail::scale_part<Real>> parts(const Real& reach) const {
    using std::exp, std::sqrt;
    // tau may be some powers of ten below the standard errors
    const Real power = Real(320 / (df + 1)), wanted = Real(1e8) * (reach > 1 ? reach : Real(1)), possible = power > 80 ? wanted : Real(sqrt(Real(Real(df) * (exp(power) - 1))));
    return detail::t_as_normals<Real>(Real(df), wanted < possible ? wanted : possible, Real(1e-10));
  }
};

}  // namespace metapool
