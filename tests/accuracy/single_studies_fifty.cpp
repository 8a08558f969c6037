// SPDX-License-Identifier: BSL-1.0
#include "accuracy/fifty_digits.hpp"
#include "conformance/single_studies.hpp"

template std::span<const conformance::operation<accuracy::fifty_digits>> conformance::single_study_operations<accuracy::fifty_digits>();
