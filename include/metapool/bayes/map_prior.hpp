// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/map_kernel.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/rate_distribution.hpp>
#include <metapool/bayes/tau_nodes.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/bayes/tau_window.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/gauss_hermite.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What historical arms say of the rate in a new arm like them.
template <class Real = double>
struct map_prior_result {
  rate_distribution<Real> rate;  ///< the prior for the new arm
  Real mean_logit{};             ///< posterior mean and sd of the pooled logit
  Real mean_logit_sd{};
  Real tau{};                    ///< posterior mean and sd of the between-arm standard deviation of the logit
  Real tau_sd{};
  Real log_marginal_likelihood{};
  metapool::convergence<Real> convergence{};
};

/// The meta-analytic-predictive prior of a rate from historical arms: their logits are N(mean, tau^2), the mean has a normal prior, tau any proper one, and
/// the prior is the posterior predictive distribution of the logit of a new arm. robust() makes it ready for a surprise, update() brings in the arm.
///
/// The binomial likelihood is taken as it is, zero events included, and everything is integrated without sampling: the arms' logits and the pooled logit by sums
/// over equal steps from their peaks, tau on a double-exponential grid that is made finer until nothing moves. 8 digits. Defaults: those of R's RBesT.
/// Throws input_error if there is no arm, counts are missing, wrong or too large for Real to count, or the prior of tau is improper; convergence_error if the integral over tau
/// does not settle (a prior with kinks). Schmidli et al. (2014) Biometrics 70:1023, doi:10.1111/biom.12242; Neuenschwander et al. (2010) Clin Trials 7:5.
template <class Real, class TauPrior = half_normal>
map_prior_result<Real> map_prior(std::span<const proportion<Real>> arms, const TauPrior& prior_of_tau = half_normal{1}, const normal_mean& prior_of_mean = normal_mean(0, 2)) {
  using std::abs, std::exp, std::log, std::sqrt;
  constexpr const char* function = "map_prior";
  if (arms.empty()) detail::throw_input_error(function, "there is no historical arm");
  if (!prior_of_tau.proper()) detail::throw_input_error(function, "the " + std::string(prior_of_tau.name()) + " prior of tau is improper; give a proper one such as half_normal{1}");
  std::vector<detail::binomial_of_logit<Real>> likelihoods;
  Real heights = 0;
  for (const auto& arm : arms) {
    if (!is_complete(arm)) detail::throw_input_error(function, "the arm '" + arm.label + "' lacks its events or its total");
    check(arm, function);
    if (!(*arm.total < 1 / std::numeric_limits<Real>::epsilon())) {
      detail::throw_study_error(function, arm.label, "total", *arm.total, "is too large to be counted one by one in this number type");
    }
    likelihoods.emplace_back(*arm.events, *arm.total);
    heights += likelihoods.back().height();
  }
  using kernel_type = detail::map_kernel<Real>;
  const kernel_type kernel(std::move(likelihoods), Real(prior_of_mean.mean), Real(prior_of_mean.sd));

  const bool bounded = prior_of_tau.upper() < std::numeric_limits<double>::infinity();
  const detail::tau_line<Real> line{bounded ? Real(prior_of_tau.upper()) : std::numeric_limits<Real>::infinity()};
  // A logit's sd beyond e^7 = 1100 says no more than that all rates are 0 or 1
  const auto tau_of = [&](const Real& x) { return line.tau(!bounded && x > 7 ? Real(7) : x); };
  const auto on_line = [&](const Real& x, typename kernel_type::given& g) {
    g = kernel.at(tau_of(x));
    return Real(g.log_integral + prior_of_tau.log_density(line.tau(x)) + line.log_jacobian(x));
  };
  const auto plain = [&](const Real& x) {
    typename kernel_type::given g;
    return on_line(x, g);
  };
  const std::pair<Real, Real> scales = kernel.scales();
  const Real low = bounded ? line.x(Real(line.upper / 2)) : Real(log(scales.first)), high = bounded ? low : Real(log(scales.second));
  // the window's left end needs nothing finer than where tau makes no difference
  const detail::tau_window<Real> window = detail::find_tau_window<Real>(plain, Real(low + 8), Real(high - 10), Real(37));

  struct node {
    Real tau{}, weight{};
    typename kernel_type::given given{};
  };
  std::vector<node> nodes;
  map_prior_result<Real> result{rate_distribution<Real>({}), Real(0), Real(0), Real(0), Real(0), Real(0), {}};
  const detail::tail_map<Real> map{window.peak};
  const Real from = map.t(window.left), to = map.t(window.right);
  std::vector<Real> last;
  result.convergence.converged = false;
  for (std::size_t n = 30; n < 2000; n += n / 2) {
    const Real step = (to - from) / static_cast<Real>(n);
    nodes.clear();
    Real mass = 0, tau = 0, tau2 = 0, mean = 0, square = 0, next = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const Real t = from + step * (static_cast<Real>(j) + Real(0.5)), x = map.x(t);
      node d;
      const Real height = on_line(x, d.given);
      d.tau = tau_of(x);
      d.weight = exp(Real(height - window.height)) * map.slope(t) * step;
      Real m = 0, s = 0;
      for (std::size_t i = 0; i < d.given.at.size(); ++i) m += d.given.weight[i] * d.given.at[i];
      for (std::size_t i = 0; i < d.given.at.size(); ++i) s += d.given.weight[i] * (d.given.at[i] - m) * (d.given.at[i] - m);
      mass += d.weight;
      tau += d.weight * d.tau;
      tau2 += d.weight * d.tau * d.tau;
      mean += d.weight * m;
      square += d.weight * (s + m * m);
      // about the density of the new arm's logit near its middle
      next += d.weight / sqrt(Real(s + d.tau * d.tau)) * exp(Real(-(m - kernel.centre()) * (m - kernel.centre()) / (2 * (s + d.tau * d.tau))));
      nodes.push_back(std::move(d));
    }
    result.convergence.iterations += n;
    for (node& d : nodes) d.weight /= mass;
    result.tau = tau / mass;
    result.tau_sd = sqrt(Real(tau2 / mass - result.tau * result.tau));
    result.mean_logit = mean / mass;
    result.mean_logit_sd = sqrt(Real(square / mass - result.mean_logit * result.mean_logit));
    result.log_marginal_likelihood = log(mass) + window.height + heights;
    const std::vector<Real> values{mass, result.tau, result.tau_sd, result.mean_logit, result.mean_logit_sd, Real(next / mass)};
    Real worst = last.empty() ? Real(1) : Real(0);
    for (std::size_t i = 0; i < last.size(); ++i) {
      const Real change = abs(Real(values[i] - last[i])) / (i == 3 ? Real(values[4]) : values[i]);
      if (!(change <= worst)) worst = change;
    }
    last = values;
    result.convergence.residual = worst;
    if (worst <= Real(1e-8)) {  // the error of the last sum is about the square of that of the one before
      result.convergence.converged = true;
      break;
    }
  }
  if (!result.convergence.converged) {
    throw convergence_error(std::string(function) + ": the integral over tau did not settle; is the density of its prior (" + std::string(prior_of_tau.name()) + ") smooth inside its support?");
  }

  // Given tau the new arm's logit is the pooled one plus N(0, tau^2). Where tau is not small against the steps of the pooled logit's points, a sum of normal densities
  // at these; where it is, the pooled logit's own density, spread by Gauss-Hermite.
  const detail::hermite_rule<Real> rule = detail::gauss_hermite<Real>(20);
  struct narrow_node {
    Real weight{}, tau{};
    detail::panel_density<Real> pooled{};
  };
  std::vector<narrow_node> narrow;
  std::vector<const node*> wide;
  const auto add_narrow = [&](const node& d, const Real& tau, const Real& weight) {
    const auto f = [&](const Real& b) { return kernel.log_given(b, tau, false).value; };
    const Real top = f(d.given.peak);
    const auto end = [&](Real step) {  // f is concave
      Real x = d.given.peak;
      for (int i = 0; i < 200 && f(x) > top - detail::logit_depth<Real>(); ++i) {
        x += step;
        step *= Real(1.2);
      }
      return x;
    };
    narrow.push_back({weight, tau, detail::panel_density<Real>(f, end(Real(-d.given.sd)), end(d.given.sd), top)});
  };
  Real least_weight = 0;  // of all tau that are nothing against the pooled logit's sd: one density for them, wrong by (tau / sd)^2 < 1e-7 of their weight
  const node* least = nullptr;
  for (const node& d : nodes) {
    if (!(d.weight > std::numeric_limits<Real>::epsilon() / 1000)) continue;
    const Real step = d.given.sd * Real(0.8) < Real(0.4) ? Real(d.given.sd * Real(0.8)) : Real(0.4);
    if (d.tau > Real(1.4) * step) {
      wide.push_back(&d);
    } else if (d.tau < Real(3e-4) * d.given.sd) {
      least_weight += d.weight;
      least = &d;
    } else {
      add_narrow(d, d.tau, d.weight);
    }
  }
  if (least) add_narrow(*least, Real(0), least_weight);
  const Real root = sqrt(Real(2 * detail::pi<Real>()));
  const auto density = [&](const Real& x) {
    Real sum = 0;
    for (const node* d : wide) {
      Real part = 0;
      for (std::size_t i = 0; i < d->given.at.size(); ++i) {
        const Real z = (x - d->given.at[i]) / d->tau;
        if (z * z < 400) part += d->given.weight[i] * exp(Real(-z * z / 2));
      }
      sum += d->weight * part / (d->tau * root);
    }
    for (const narrow_node& d : narrow) {
      Real part = 0;
      for (std::size_t i = 0; i < rule.nodes.size(); ++i) {
        const Real z = rule.nodes[i] * sqrt(Real(2));
        part += rule.weights[i] * exp(Real(-rule.nodes[i] * rule.nodes[i])) * exp(d.pooled.log_density(Real(x - d.tau * z)));
      }
      sum += d.weight * part / sqrt(detail::pi<Real>());
    }
    return Real(log(sum));
  };
  result.rate = rate_distribution<Real>({{Real(1), detail::logit_density<Real>(density, kernel.centre()), "meta-analytic-predictive"}});
  return result;
}

/// The same from a vector (so that the scalar type is deduced).
template <class Real, class TauPrior = half_normal>
map_prior_result<Real> map_prior(const std::vector<proportion<Real>>& arms, const TauPrior& prior_of_tau = half_normal{1}, const normal_mean& prior_of_mean = normal_mean(0, 2)) {
  return map_prior<Real>(std::span<const proportion<Real>>(arms), prior_of_tau, prior_of_mean);
}

}  // namespace metapool
