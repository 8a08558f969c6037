// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>

namespace accuracy {

/// The oracle's number type: 50 decimal digits, no expression templates.
using fifty_digits = boost::multiprecision::cpp_bin_float_50;

}  // namespace accuracy
