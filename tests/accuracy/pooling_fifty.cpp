// SPDX-License-Identifier: BSL-1.0
#include "accuracy/fifty_digits.hpp"
#include "conformance/pooling.hpp"

template std::span<const conformance::operation<accuracy::fifty_digits>> conformance::pooling_operations<accuracy::fifty_digits>();
