// SPDX-License-Identifier: BSL-1.0
#include "conformance/sensitivity.hpp"

template std::span<const conformance::operation<double>> conformance::sensitivity_operations<double>();
