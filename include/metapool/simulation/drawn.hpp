// SPDX-License-Identifier: BSL-1.0
// One simulated data set.
#pragma once

#include <metapool/math/random.hpp>

#include <concepts>
#include <cstddef>

namespace metapool {

/// What a model of trials draws: the data that methods see, and what was true.
template <class Data>
struct drawn {
  Data data{};
  double mean{};            ///< of the distribution of true effects, on the pooling scale
  double next_trial{};      ///< the true effect of one more trial
  std::size_t clipped = 0;  ///< trials whose true effect would have needed a risk outside [0, 1]: their risk is 0 or 1
};

/// A model that trials can be drawn from: check(function) throws input_error if it makes no sense, draw(stream) gives a drawn<data_type>.
/// A user's own type that meets it works in simulate().
template <class M>
concept trial_model = requires(const M& model, detail::random_stream& random, const char* function) {
  typename M::data_type;
  model.check(function);
  { model.draw(random) } -> std::same_as<drawn<typename M::data_type>>;
};

}  // namespace metapool
