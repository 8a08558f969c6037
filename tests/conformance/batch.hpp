// SPDX-License-Identifier: BSL-1.0
// A second path to some answers: the same case as one column of a batch.
#pragma once

#include "conformance/answers.hpp"
#include "conformance/reference.hpp"

#include <string>

namespace conformance {

/// Puts the batch's answers in the place of those that it has; false if the case is none for it (another estimator or interval, moderators, one study).
bool answer_by_batch(const data_set& data, const options& o, answers<double>& a);

/// The same of pooled tables: op is mantel_haenszel or peto.
bool answer_by_count_batch(const data_set& data, const std::string& op, const options& o, answers<double>& a);

}  // namespace conformance
