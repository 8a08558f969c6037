// SPDX-License-Identifier: BSL-1.0
// The headers that nearly every test includes, precompiled once. A test includes what it needs itself all the same.
#pragma once

#include <doctest/doctest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <span>
#include <string>
#include <vector>
