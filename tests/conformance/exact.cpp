// SPDX-License-Identifier: BSL-1.0
#include "conformance/exact.hpp"

template std::span<const conformance::operation<double>> conformance::exact_operations<double>();
