// SPDX-License-Identifier: BSL-1.0
#include "conformance/single_studies.hpp"

template std::span<const conformance::operation<double>> conformance::single_study_operations<double>();
