// SPDX-License-Identifier: BSL-1.0
#include "conformance/regression.hpp"

template conformance::answers<double> conformance::pool_with_moderators<double>(const conformance::data_set&, const conformance::options&);
