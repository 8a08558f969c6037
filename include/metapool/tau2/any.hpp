// SPDX-License-Identifier: BSL-1.0
// The choice of an estimator at run time.
#pragma once

#include <metapool/tau2/approximate_reml.hpp>
#include <metapool/tau2/bayes_modal.hpp>
#include <metapool/tau2/bootstrap_dersimonian_laird.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/fixed.hpp>
#include <metapool/tau2/generalized_q.hpp>
#include <metapool/tau2/hartung_makambi.hpp>
#include <metapool/tau2/hedges.hpp>
#include <metapool/tau2/hunter_schmidt.hpp>
#include <metapool/tau2/iterated_dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/median_unbiased_generalized_q.hpp>
#include <metapool/tau2/median_unbiased_paule_mandel.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/tau2/rukhin.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>
#include <metapool/tau2/two_step.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace metapool {

/// Any between-study variance estimator.
using any_tau2 = std::variant<dersimonian_laird, paule_mandel, reml, maximum_likelihood, hedges, generalized_q, two_step_dersimonian_laird,
                              two_step_hedges, iterated_dersimonian_laird, bootstrap_dersimonian_laird, median_unbiased_paule_mandel, median_unbiased_generalized_q,
                              hunter_schmidt, hunter_schmidt_corrected, sidik_jonkman, two_step_sidik_jonkman, iterated_sidik_jonkman,
                              approximate_reml, hartung_makambi, rukhin_zero, rukhin_positive, bayes_modal, fixed_tau2, fixed_i2>;

/// The short names by which command lines and tables know the estimators: metafor's method codes, and the usual abbreviations of those
/// that metafor does not have. A fixed tau2 or I2 has none, as it needs its value.
inline constexpr std::pair<std::string_view, any_tau2> tau2_codes[] = {
    {"DL", dersimonian_laird{}},
    {"HE", hedges{}},
    {"HS", hunter_schmidt{}},
    {"HSk", hunter_schmidt_corrected{}},
    {"SJ", sidik_jonkman{}},
    {"SJ2", two_step_sidik_jonkman{}},
    {"SJIT", iterated_sidik_jonkman{}},
    {"ML", maximum_likelihood{}},
    {"REML", reml{}},
    {"AREML", approximate_reml{}},
    {"PM", paule_mandel{}},
    {"EB", paule_mandel{}},
    {"PMM", median_unbiased_paule_mandel{}},
    {"GENQ", generalized_q{}},
    {"GENQSE", generalized_q{moment_weights::inverse_standard_error}},
    {"GENQM", median_unbiased_generalized_q{}},
    {"DL2", two_step_dersimonian_laird{}},
    {"CA2", two_step_hedges{}},
    {"DLIT", iterated_dersimonian_laird{}},
    {"DLb", bootstrap_dersimonian_laird{}},
    {"HM", hartung_makambi{}},
    {"B0", rukhin_zero{}},
    {"BP", rukhin_positive{}},
    {"BM", bayes_modal{}},
};

/// The estimator of a short name; empty if there is none.
template <class = void>
std::optional<any_tau2> tau2_from_code(std::string_view code) {
  for (const auto& entry : tau2_codes) {
    if (entry.first == code) return entry.second;
  }
  return std::nullopt;
}

}  // namespace metapool
