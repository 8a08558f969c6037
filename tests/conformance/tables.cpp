// SPDX-License-Identifier: BSL-1.0
#include "conformance/tables.hpp"

template std::span<const conformance::operation<double>> conformance::table_operations<double>();
