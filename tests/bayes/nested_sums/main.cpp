// SPDX-License-Identifier: BSL-1.0
// Posterior summaries of three sparse trials by nested sums, in 50 digits or in double: what tests/bayes/binomial_normal.cpp and binomial_normal_rates.cpp compare with. Nothing of the
// library is used. Not a part of the build, as it takes minutes:
//
//     g++ -std=c++20 -O2 tests/bayes/nested_sums/main.cpp -o nested_sums && ./nested_sums MODEL [double]
//
// MODEL: margins, baseline, risk_ratio or rates; with `double` the same sums in double, within seconds.
//
// Half-normal prior of tau with scale 1/2, normal prior of the mean with mean 0, sd 2. Gauss-Legendre panels of 15 points: of tau on [0, 4.5]; of the mean on [-9.6, 8], narrow
// about 0; of each trial's effect as far as 8.5 tau around the mean, at most 4 tau and 4 wide and parted at 0. What is left out is some 1e-12 of the answers, of P(next < 0) 1e-11.
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace {

using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float_50::backend_type, boost::multiprecision::et_off>;

template <class Real>
Real pi() {
  using std::atan;
  return 4 * atan(Real(1));
}

/// Points and weights of 15-point Gauss-Legendre quadrature on [-1, 1], by Newton's method.
template <class Real>
struct gauss {
  static constexpr int n = 15;
  std::array<Real, n> x, w;
  gauss() {
    using std::cos;
    for (int i = 0; i < n; ++i) {
      Real z = cos(Real(pi<Real>() * (Real(i) + Real(3) / 4) / (Real(n) + Real(1) / 2))), slope = 1;
      for (int step = 0; step < 12; ++step) {
        Real a = 1, b = z;
        for (int k = 2; k <= n; ++k) {
          const Real c = (Real(2 * k - 1) * z * b - Real(k - 1) * a) / Real(k);
          a = b;
          b = c;
        }
        slope = Real(n) * (z * b - a) / (z * z - 1);
        z -= b / slope;
      }
      x[std::size_t(i)] = z;
      w[std::size_t(i)] = 2 / ((1 - z * z) * slope * slope);
    }
  }
};

template <class Real>
Real power(Real x, int n) {
  Real r = 1;
  for (; n > 0; n /= 2, x *= x) {
    if (n % 2 != 0) r *= x;
  }
  return r;
}

template <class Real>
Real choose(int n, int k) {
  Real r = 1;
  for (int i = 1; i <= k; ++i) r = r * Real(n - k + i) / Real(i);
  return r;
}

template <class Real>
using likelihood = std::function<Real(const Real&)>;

/// a of n1 and c of n0 had the event; of the log odds ratio, given a + c.
template <class Real>
likelihood<Real> given_margins(int a, int n1, int c, int n0) {
  const int s = a + c, first = (std::max)(0, s - n0), last = (std::min)(s, n1);
  std::vector<Real> weight;
  for (int y = first; y <= last; ++y) weight.push_back(choose<Real>(n1, y) * choose<Real>(n0, s - y));
  return [=](const Real& theta) {
    using std::exp;
    const Real r = exp(theta < 0 ? theta : Real(-theta));  // from the end where the powers fall
    Real sum = 0, own = 0;
    const std::size_t n = weight.size();
    for (std::size_t j = 0; j < n; ++j) sum = sum * r + weight[theta < 0 ? n - 1 - j : j];
    own = weight[std::size_t(a - first)] * power(r, theta < 0 ? a - first : last - a);
    return Real(own / sum);
  };
}

/// Of the log odds ratio with a normal baseline, mean 0, sd 10: sums in steps of 1/5 of the logit, kept in steps of 1/8 of the log odds ratio, between them a
/// polynomial through 40 of their logarithms.
template <class Real>
likelihood<Real> normal_baseline(int a, int n1, int c, int n0) {
  using std::exp, std::log, std::sqrt;
  const Real sd = 10, h = Real(1) / 8, step = Real(1) / 5, scale = choose<Real>(n1, a) * choose<Real>(n0, c) * step / (sd * sqrt(Real(2 * pi<Real>())));
  const int ends = 8 * 48;
  std::vector<Real> kept;
  for (int i = -ends; i <= ends; ++i) {
    Real sum = 0;
    for (int j = -300; j <= 300; ++j) {
      const Real x = step * Real(j), u = exp(Real(x + h * Real(i) / 2)), v = exp(Real(x - h * Real(i) / 2)), z = x / sd;
      sum += power(Real(u / (1 + u)), a) * power(Real(1 / (1 + u)), n1 - a) * power(Real(v / (1 + v)), c) * power(Real(1 / (1 + v)), n0 - c) * exp(Real(-z * z / 2));
    }
    kept.push_back(log(Real(scale * sum)));
  }
  constexpr int points = 40;
  std::vector<Real> weight;
  for (int j = 0; j < points; ++j) weight.push_back((j % 2 == 0 ? Real(1) : Real(-1)) * choose<Real>(points - 1, j));
  return [=](const Real& theta) {
    using std::exp;
    const Real at = theta / h + Real(ends);
    const int first = (std::clamp)(static_cast<int>(at) - points / 2, 0, 2 * ends + 1 - points);
    Real over = 0, under = 0;
    for (int j = 0; j < points; ++j) {
      const Real d = at - Real(first + j);
      if (d == 0) return Real(exp(kept[std::size_t(first + j)]));
      const Real w = weight[std::size_t(j)] / d;
      over += w * kept[std::size_t(first + j)];
      under += w;
    }
    return Real(exp(Real(over / under)));
  };
}

/// Of the log risk ratio with the baseline risk a tenth of an event: r the ratio of the smaller risk to the larger, (1 - r p)^n by its alternating powers of r p, each integrated
/// over p as a beta function.
template <class Real>
likelihood<Real> risk_ratio(int a, int n1, int c, int n0) {
  const auto side = [](int more, int of_more, int less, int of_less) {
    const Real worth = Real(1) / 10;
    std::vector<Real> series;
    for (int j = 0; j <= of_less - less; ++j) {
      // B(e, m + 1) = m! / (e (e + 1) ... (e + m))
      const Real e = Real(more + less + j) + worth;
      const int m = of_more - more;
      Real beta = 1 / e;
      for (int i = 1; i <= m; ++i) beta *= Real(i) / (e + Real(i));
      series.push_back((j % 2 == 0 ? Real(1) : Real(-1)) * choose<Real>(of_less - less, j) * beta * worth * choose<Real>(of_more, more) * choose<Real>(of_less, less));
    }
    return [=](const Real& size) {
      using std::exp;
      const Real r = exp(Real(-size));
      Real sum = 0;
      for (std::size_t j = series.size(); j-- > 0;) sum = sum * r + series[j];
      return Real(sum * power(r, less) * exp(Real(-worth / 2 * size)));
    };
  };
  const auto up = side(a, n1, c, n0), down = side(c, n0, a, n1);
  return [=](const Real& theta) { return theta > 0 ? up(theta) : down(Real(-theta)); };
}

/// a events in time t1, c in t0; of the log rate ratio, given a + c.
template <class Real>
likelihood<Real> rates(int a, int t1, int c, int t0) {
  const Real ways = choose<Real>(a + c, a);
  return [=](const Real& theta) {
    using std::exp;
    const Real q = exp(theta) * Real(t1);
    return Real(ways * power(Real(q / (q + Real(t0))), a) * power(Real(Real(t0) / (q + Real(t0))), c));
  };
}

template <class Real>
void answer(const std::string& model) {
  using std::erfc, std::exp, std::log, std::sqrt;
  const std::array<std::array<int, 4>, 3> tables{{{1, 12, 7, 12}, {0, 15, 2, 14}, {3, 29, 2, 30}}};
  std::vector<likelihood<Real>> trials;
  for (const auto& t : tables) {
    trials.push_back(model == "margins" ? given_margins<Real>(t[0], t[1], t[2], t[3]) : model == "baseline" ? normal_baseline<Real>(t[0], t[1], t[2], t[3])
                     : model == "risk_ratio" ? risk_ratio<Real>(t[0], t[1], t[2], t[3]) : rates<Real>(t[0], t[1], t[2], t[3]));
  }
  const gauss<Real> rule;
  const auto panels = [&](const std::vector<Real>& edges, const auto& visit) {
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
      const Real half = (edges[i + 1] - edges[i]) / 2, middle = (edges[i + 1] + edges[i]) / 2;
      for (std::size_t j = 0; j < gauss<Real>::n; ++j) visit(Real(middle + half * rule.x[j]), Real(half * rule.w[j]));
    }
  };
  const auto of = [](const std::vector<double>& twentieths) {
    std::vector<Real> r;
    for (const double x : twentieths) r.push_back(Real(x) / 200);
    return r;
  };
  const bool kinked = model == "risk_ratio";
  const std::vector<Real> of_tau = of(kinked ? std::vector<double>{0, 20, 100, 200, 400, 900} : std::vector<double>{0, 100, 300, 900});
  const std::vector<Real> of_mean = of(kinked ? std::vector<double>{-1920, -1200, -800, -500, -300, -160, -60, -16, -2, 0, 2, 16, 60, 160, 300, 500, 800, 1600}
                                              : std::vector<double>{-1920, -1000, -500, -160, -30, 0, 30, 160, 500, 1600});
  const Real root = sqrt(Real(2 * pi<Real>()));
  const auto prior = [&](const Real& m) { return Real(exp(Real(-m * m / 8)) / (2 * root)); };
  Real mass = 0, mean = 0, square = 0, tau1 = 0, tau2 = 0, at_zero = 0, below = 0, far_below = 0, small = 0, next = 0, no_tau = 0;
  std::array<Real, 3> own{};
  panels(of_tau, [&](const Real& tau, const Real& weight) {
    const Real f_tau = weight * 4 / root * exp(Real(-2 * tau * tau));
    // a trial's effect integrated out: value, and the same times the effect
    const auto smooth = [&](const likelihood<Real>& f, const Real& m) {
      const Real reach = Real(17) / 2 * tau;
      const Real width = (std::min)(Real(4 * tau), Real(kinked ? 3 : 4));
      const auto cut = [&](const Real& from, const Real& to, std::vector<Real>& edges) {
        const int n = static_cast<int>((to - from) / width) + 1;
        for (int i = 0; i < n; ++i) edges.push_back(from + (to - from) * Real(i) / Real(n));
      };
      std::vector<Real> edges;
      const Real from = m - reach, to = m + reach;
      if (from < 0 && to > 0) {
        cut(from, Real(0), edges);
        cut(Real(0), to, edges);
      } else {
        cut(from, to, edges);
      }
      edges.push_back(to);
      std::array<Real, 2> sum{};
      panels(edges, [&](const Real& theta, const Real& w) {
        const Real z = (theta - m) / tau, part = w * f(theta) * exp(Real(-z * z / 2)) / (tau * root);
        sum[0] += part;
        sum[1] += part * theta;
      });
      return sum;
    };
    const auto at = [&](const Real& m) {
      Real product = prior(m);
      for (const auto& f : trials) product *= smooth(f, m)[0];
      return product;
    };
    at_zero += f_tau * at(Real(0)) / prior(Real(0));
    panels(of_mean, [&](const Real& m, const Real& w) {
      Real f = f_tau * w * prior(m);
      std::array<Real, 3> effect{};
      for (std::size_t i = 0; i < 3; ++i) {
        const std::array<Real, 2> s = smooth(trials[i], m);
        f *= s[0];
        effect[i] = s[1] / s[0];
      }
      mass += f;
      mean += f * m;
      square += f * m * m;
      tau1 += f * tau;
      tau2 += f * tau * tau;
      if (m < 0) below += f;
      if (m < Real(-5) / 2) far_below += f;
      if (tau < Real(1) / 2) small += f;
      next += f * erfc(Real(m / (tau * sqrt(Real(2))))) / 2;
      for (std::size_t i = 0; i < 3; ++i) own[i] += f * effect[i];
    });
  });
  panels(of_mean, [&](const Real& m, const Real& w) {
    Real f = w * prior(m);
    for (const auto& trial : trials) f *= trial(m);
    no_tau += f;
  });
  mean /= mass;
  tau1 /= mass;
  std::cout.precision(20);
  std::cout << model << "\nlog of the data's probability " << log(mass) << "\nmean " << mean << " sd " << Real(sqrt(Real(square / mass - mean * mean))) << "\ntau " << tau1 << " sd "
            << Real(sqrt(Real(tau2 / mass - tau1 * tau1))) << "\nmean 0 against any " << Real(at_zero / mass) << "\ntau 0 against any " << Real(no_tau / mass) << "\nP(mean < 0) "
            << Real(below / mass) << " P(mean < -2.5) " << Real(far_below / mass) << " P(tau < 0.5) " << Real(small / mass) << " P(next < 0) " << Real(next / mass) << "\neffects";
  for (const Real& x : own) std::cout << ' ' << Real(x / mass);
  std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::string model = argc > 1 ? argv[1] : "";
  if (model != "margins" && model != "baseline" && model != "risk_ratio" && model != "rates") {
    std::cerr << "nested_sums margins|baseline|risk_ratio|rates [double]\n";
    return 2;
  }
  if (argc > 2) {
    answer<double>(model);
  } else {
    answer<wide>(model);
  }
}
