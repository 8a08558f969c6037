// SPDX-License-Identifier: BSL-1.0
// Random sparse tables for every likelihood model.
#pragma once

#include <metapool/data/error.hpp>
#include <metapool/model/design.hpp>

#include "model/sparse_tables.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace metapool_test {

using trial_set = std::vector<metapool::binary_trial<>>;

/// A number from the environment, or another if it is not there.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Every fourth set has tiny arms.
inline trial_set stress_tables(std::uint64_t seed) {
  auto trials = sparse_tables(seed);
  if (seed % 4 != 0) return trials;
  for (auto& t : trials) {
    t.treated.total = (std::max)(*t.treated.events, 1 + std::fmod(*t.treated.total, 5.0));
    t.control.total = (std::max)(*t.control.events, 1 + std::fmod(*t.control.total, 4.0));
  }
  return trials;
}

/// The arms' sizes, and every third study, as moderators.
inline metapool::design<double> moderators_of(const trial_set& trials) {
  const auto k = static_cast<Eigen::Index>(trials.size());
  metapool::matrix_of<double> x(k, k > 4 ? 2 : 1);
  for (Eigen::Index i = 0; i < k; ++i) {
    x(i, 0) = *trials[static_cast<std::size_t>(i)].treated.total + 0.01 * static_cast<double>(i);
    if (k > 4) x(i, 1) = i % 3 == 0 ? 1 : 0;
  }
  return metapool::design_of(x);
}

/// What check() says, or the message of what it throws; nothing if there is no estimate, or of fewer studies than coefficients none can be, and it says so.
template <class Check>
std::string fault_of(const Check& check) {
  try {
    return check();
  } catch (const metapool::not_estimable&) {
    return "";
  } catch (const metapool::rank_error&) {  // the studies with information are all alike
    return "";
  } catch (const metapool::input_error& x) {
    return std::string(x.what()).find("cannot estimate") == std::string::npos ? x.what() : "";
  } catch (const std::exception& x) {
    return x.what();
  }
}

/// Runs check(trials, interval) over sets METAPOOL_STRESS_FIRST (or 1) to METAPOOL_STRESS_SETS (or a few), with intervals for every tenth; check returns what is wrong.
template <class Check>
void over_sets(std::uint64_t few, const Check& check) {
  const std::uint64_t n = number_from("METAPOOL_STRESS_SETS", few);
  for (std::uint64_t seed = number_from("METAPOOL_STRESS_FIRST", 1); seed <= n; ++seed) {
    const std::string wrong = check(stress_tables(seed), seed % 10 == 1);
    INFO("set " << seed);
    CHECK(wrong == "");
  }
}

}  // namespace metapool_test
