// SPDX-License-Identifier: BSL-1.0
#include "conformance/pooling.hpp"

template std::span<const conformance::operation<double>> conformance::pooling_operations<double>();
