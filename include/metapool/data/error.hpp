// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/version.hpp>

#include <stdexcept>
#include <string>

namespace metapool {

/// Base of everything that the library throws.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Data or an option breaks a function's contract. The message names the function, the study (row and column for files),
/// the value and the rule. Thrown before any arithmetic.
class input_error : public error {
 public:
  using error::error;
};

/// The data are valid but hold no information on what was asked for (all trials double-zero, say), and nothing else is left to return.
class not_estimable : public error {
 public:
  using error::error;
};

/// Columns of a design are linear combinations of others, so that their coefficients are not defined. The message names them.
class rank_error : public error {
 public:
  using error::error;
};

/// Inference was asked of a fit whose iteration did not converge.
class convergence_error : public error {
 public:
  using error::error;
};

}  // namespace metapool
