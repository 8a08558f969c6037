// SPDX-License-Identifier: BSL-1.0
#include "accuracy/fifty_digits.hpp"
#include "conformance/sensitivity.hpp"

template std::span<const conformance::operation<accuracy::fifty_digits>> conformance::sensitivity_operations<accuracy::fifty_digits>();
