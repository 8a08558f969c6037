// SPDX-License-Identifier: BSL-1.0
// Where docs/coverage.md shows an interval to miss its level, as numbers.
#pragma once

#include <metapool/inference/situation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace metapool {

/// What an interval is of.
enum class coverage_of : std::uint8_t { mean, prediction, tau2 };

/// The lowest coverage, in percent, of a nominal 95 % interval over tau2 = 0 to 4 times the typical variance, with 3, 5 and 10 trials of
/// equal size and with one ten times as large as each of the others. Only values below 94 and below 95 by more than three Monte Carlo errors
/// count; 100 stands for none.
struct coverage_row {
  coverage_of of = coverage_of::mean;
  std::string_view method{};  ///< as docs/coverage.md names it
  double equal[3] = {100, 100, 100};
  double unequal[3] = {100, 100, 100};
};

namespace detail {

/// Every method that docs/coverage.md shows to fall short somewhere; a test compares the two.
inline constexpr coverage_row shortfalls[] = {
    {coverage_of::mean, "common effect, Wald z", {61.9, 61.9, 62.2}, {32.6, 34.8, 37.4}},
    {coverage_of::mean, "DerSimonian-Laird, Wald z", {84.0, 88.5, 92.0}, {79.2, 85.4, 90.3}},
    {coverage_of::mean, "REML, Wald z", {84.0, 88.5, 92.0}, {79.0, 85.2, 90.2}},
    {coverage_of::mean, "REML, Wald t", {100, 100, 100}, {100, 93.1, 93.8}},
    {coverage_of::mean, "DerSimonian-Laird, Hartung-Knapp", {100, 100, 100}, {89.6, 89.7, 91.7}},
    {coverage_of::mean, "Paule-Mandel, Hartung-Knapp", {100, 100, 100}, {89.6, 89.7, 91.8}},
    {coverage_of::mean, "REML, Hartung-Knapp", {100, 100, 100}, {89.7, 89.7, 92.0}},
    {coverage_of::mean, "REML, Hartung-Knapp, factor at least 1", {100, 100, 100}, {100, 93.5, 100}},
    {coverage_of::mean, "REML, Hartung-Knapp or longer Wald z", {100, 100, 100}, {90.8, 91.1, 93.1}},
    {coverage_of::mean, "REML, Hartung-Knapp, IQWiG's rule", {100, 100, 100}, {92.4, 92.2, 93.5}},
    {coverage_of::mean, "REML, Hartung-Knapp, z/t rule", {100, 100, 100}, {90.8, 91.1, 93.1}},
    {coverage_of::mean, "REML, Cochrane's rule", {92.5, 100, 100}, {85.0, 88.7, 92.0}},
    {coverage_of::mean, "REML, Sidik-Jonkman robust", {100, 100, 100}, {87.1, 87.4, 90.0}},
    {coverage_of::mean, "profile likelihood", {87.9, 90.9, 93.2}, {84.0, 89.2, 92.3}},
    {coverage_of::mean, "profile likelihood, Skovgaard", {91.3, 100, 100}, {85.2, 90.6, 93.4}},
    {coverage_of::mean, "Biggerstaff-Tweedie", {84.0, 88.5, 92.0}, {79.6, 85.6, 90.4}},
    {coverage_of::mean, "Henmi-Copas (2,000 replicates)", {87.0, 92.0, 93.0}, {81.1, 87.5, 91.0}},
    {coverage_of::mean, "Nagashima bootstrap, 2,000 draws (1,000 replicates)", {100, 100, 100}, {90.6, 100, 100}},
    {coverage_of::mean, "IVhet, Wald z", {84.0, 88.5, 92.0}, {79.7, 86.1, 90.7}},
    {coverage_of::mean, "multiplicative (UWLS), t", {100, 100, 100}, {87.2, 81.0, 77.5}},
    {coverage_of::prediction, "REML, normal", {76.9, 81.4, 83.5}, {71.5, 75.9, 79.4}},
    {coverage_of::prediction, "REML, t, k - 1", {92.9, 89.4, 87.2}, {87.7, 84.2, 83.2}},
    {coverage_of::prediction, "DerSimonian-Laird, t, k - 2", {100, 91.7, 87.6}, {100, 87.7, 84.5}},
    {coverage_of::prediction, "REML, t, k - 2", {100, 91.7, 87.6}, {100, 87.0, 83.7}},
    {coverage_of::prediction, "REML, Hartung-Knapp, t, k - 1", {88.4, 86.2, 84.7}, {82.0, 80.9, 81.1}},
    {coverage_of::prediction, "REML, Hartung-Knapp, t, k - 2", {100, 88.7, 85.2}, {100, 83.5, 81.5}},
    {coverage_of::prediction, "REML, Kenward-Roger", {92.9, 89.4, 87.2}, {100, 100, 100}},
    {coverage_of::prediction, "REML, Kenward-Roger, one degree less", {100, 91.7, 87.6}, {100, 100, 100}},
    {coverage_of::prediction, "REML, Sidik-Jonkman robust, t, k - 2", {100, 88.7, 85.2}, {93.6, 81.0, 79.4}},
    {coverage_of::prediction, "Nagashima bootstrap, 2,000 draws (1,000 replicates)", {100, 93.3, 93.6}, {100, 100, 93.2}},
    {coverage_of::tau2, "profile likelihood, full", {87.3, 88.9, 92.6}, {78.3, 86.7, 90.5}},
    {coverage_of::tau2, "Sidik-Jonkman", {0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}},
    {coverage_of::tau2, "Wald, REML", {71.0, 79.1, 85.8}, {68.3, 75.2, 79.1}},
};

/// Trials are unequal if one has more than half of the weight or variances differ more than fourfold: from there on the unmodified
/// Hartung-Knapp interval falls short (docs/coverage.md; Roever, Knapp & Friede 2015).
inline bool unequal(const situation& s) { return s.largest_share > 0.5 || s.precision_ratio > 4; }

/// Which of 3, 5, 10 is nearest on a log scale: 0, 1, 2.
inline std::size_t nearest_studied(std::size_t k) { return k < 4 ? 0 : k < 8 ? 1 : 2; }

/// The lowest coverage seen in the nearest situation of docs/coverage.md, 100 if none fell short there. More than 10 trials are judged by 10
/// while they are fewer than 20, and then only if the shortfall was 2 points or more, or with at_any_k, for methods that do not mend with more trials.
template <class = void>
double lowest_coverage(coverage_of of, std::string_view method, const situation& s, bool at_any_k = false) {
  for (const coverage_row& row : shortfalls) {
    if (row.of != of || row.method != method) continue;
    const double lowest = (unequal(s) ? row.unequal : row.equal)[nearest_studied(s.k)];
    if (s.k > 10 && !at_any_k && (s.k >= 20 || lowest > 93)) return 100;
    return lowest;
  }
  return 100;
}

/// "5 trials of unequal size": the situation of docs/coverage.md that is nearest to this one.
template <class = void>
std::string nearest_text(const situation& s) {
  constexpr const char* counts[] = {"3", "5", "10"};
  return std::string(counts[nearest_studied(s.k)]) + (unequal(s) ? " trials of unequal size" : " trials of equal size");
}

}  // namespace detail
}  // namespace metapool
