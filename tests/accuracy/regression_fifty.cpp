// SPDX-License-Identifier: BSL-1.0
#include "accuracy/fifty_digits.hpp"
#include "conformance/regression.hpp"

template conformance::answers<accuracy::fifty_digits> conformance::pool_with_moderators<accuracy::fifty_digits>(const conformance::data_set&, const conformance::options&);
