// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/generalized_q.hpp>

#include "support/bcg_effects.hpp"
#include "support/close.hpp"

#include <metapool/tau2/dersimonian_laird.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
template <class Estimator, class Real>
tau2_estimate<Real> fit(const Estimator& estimator, const std::vector<Real>& y, const std::vector<Real>& v) {
  return estimator(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("generalised Q with weights 1/v is DerSimonian and Laird's estimate and error") {
  const auto a = estimate_bcg(generalized_q{});
  const auto b = estimate_bcg(dersimonian_laird{});
  CHECK(close(a.tau2, b.tau2, digits12));
  CHECK(close(*a.se, *b.se, digits12));
}

TEST_CASE("generalised Q with weights 1/sqrt(v) and with the caller's is metafor's") {
  const auto a = estimate_bcg(generalized_q{.weights = moment_weights::inverse_standard_error});  // metafor 3.8 gives
  CHECK(close(a.tau2, 0.31549551412157462, digits12));
  CHECK(close(*a.se, 0.17837335284658404, digits12));
  generalized_q_with<double> own;
  for (int i = 1; i <= 13; ++i) own.weights.push_back(i);
  const auto b = estimate_bcg(own);
  CHECK(close(b.tau2, 0.36945689228950607, digits12));
  CHECK(close(*b.se, 0.25056428344928972, digits12));
}

TEST_CASE("generalised Q does not depend on the unit of the weights") {
  generalized_q_with<double> own{{1, 2, 3, 4}}, scaled{{8, 16, 24, 32}};
  const std::vector<double> y{0, 2, -1, 5}, v{1, 0.5, 0.25, 2};
  CHECK(fit(own, y, v).tau2 > 0);
  CHECK(close(fit(own, y, v).tau2, fit(scaled, y, v).tau2, digits14));
  CHECK(close(*fit(own, y, v).se, *fit(scaled, y, v).se, digits14));
}

TEST_CASE("generalised Q of two studies is the same for any weights") {
  generalized_q_with<double> own{{1, 1e9}};
  CHECK(close(fit<generalized_q_with<double>, double>(own, {1, 5}, {2, 4}).tau2, 5.0, digits14));
  CHECK(fit<generalized_q, double>({}, {1, 2}, {2, 4}).tau2 == 0.0);
}

TEST_CASE("generalised Q refuses weights that are not one positive number a study") {
  const auto refusal = [](std::vector<double> w) {
    return message_of<input_error>([&] { fit<generalized_q_with<double>, double>(generalized_q_with<double>{w}, {1, 2, 3}, {1, 1, 1}); });
  };
  CHECK(refusal({1, 2}) == "generalised Q: 2 weights for 3 studies");
  CHECK(refusal({1, 0, 1}) == "generalised Q: study '2': weight = 0 must be finite and positive");
  CHECK(refusal({1, 1, std::nan("")}) == "generalised Q: study '3': weight = nan must be finite and positive");
  CHECK(refusal({1, 1, INFINITY}) == "generalised Q: study '3': weight = inf must be finite and positive");
}
