// SPDX-License-Identifier: BSL-1.0
// From studies to the log-likelihoods of those that tell of the effect.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/collect.hpp>

#include <cstddef>
#include <vector>

namespace metapool::detail {

/// Calls kernel_of(trial, status) for each complete trial; it sets the status to what keeps a study out. Throws input_error without trials.
template <class Kernel, class Fit, class Trials, class KernelOf>
std::vector<Kernel> informative_kernels(const char* function, Fit& fit, const Trials& trials, const KernelOf& kernel_of) {
  std::vector<Kernel> kernels;
  fit.audit = audit_complete(function, trials, [&](const auto& trial, study_status& status) {
    const Kernel kernel = kernel_of(trial, status);
    if (status == study_status::pooled) kernels.push_back(kernel);
  });
  const std::size_t left_out = fit.audit.size() - kernels.size();
  if (left_out > 0) fit.notes.push_back(to_text(left_out) + " of " + to_text(fit.audit.size()) + " studies without information on the effect were left out");
  return kernels;
}

}  // namespace metapool::detail
