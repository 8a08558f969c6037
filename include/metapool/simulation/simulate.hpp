// SPDX-License-Identifier: BSL-1.0
// Methods tried on simulated trials.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/random.hpp>
#include <metapool/simulation/drawn.hpp>
#include <metapool/simulation/performance.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// A method under study: from the data to an interval of the mean or of the next trial's effect. run must be callable from several threads at once, and its answer
/// depend on the data alone. What it throws as not_estimable or convergence_error is counted; any other exception ends the study.
template <class Data>
struct simulated_method {
  std::string name{};
  interval_target target = interval_target::mean;
  std::function<simulated_answer(const Data&)> run{};
};

/// A method from a function of the data that gives a mean_inference or a prediction:
///
///     simulate_method<std::vector<binary_trial<>>>("Peto", [](const auto& trials) { return infer(peto(trials)); })
template <class Data, class F>
simulated_method<Data> simulate_method(std::string name, F f) {
  constexpr bool next = requires(const Data& data) { { f(data) } -> std::same_as<prediction<double>>; };
  return {std::move(name), next ? interval_target::next_trial : interval_target::mean, [f = std::move(f)](const Data& data) {
            const auto r = f(data);
            simulated_answer a{.estimate = r.estimate, .lower = r.lower, .upper = r.upper};
            if constexpr (!next) a.state = r.state;
            return a;
          }};
}

struct simulate_options {
  std::size_t replicates = 2000;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;  ///< number of the first replicate: studies of 0 to 999 and of 1000 to 1999 are the two halves of one of 2000
  unsigned threads = 0;     ///< 0: as many as the processor has; the answer has the same bits for any number
};

/// What a simulation study found.
struct simulation_result {
  std::vector<method_performance> methods{};  ///< in the order in which they were given
  std::size_t replicates{};
  std::size_t clipped{};  ///< simulated trials whose true effect would have needed a risk outside [0, 1]
  std::uint64_t seed{};
};

namespace detail {

/// Sums over a block of replicates. Blocks lie where the numbers of replicates say, so that they are the same whoever computes them.
struct simulation_piece {
  static constexpr std::size_t replicates = 64;
  std::vector<performance_tally> tallies{};  ///< one a method
  std::size_t clipped = 0;
};

inline std::size_t simulation_pieces(const simulate_options& options) {
  return options.replicates / simulation_piece::replicates + (options.replicates % simulation_piece::replicates != 0);
}

template <trial_model Model>
void check_simulation(const char* function, const Model& model, const std::vector<simulated_method<typename Model::data_type>>& methods, const simulate_options& options) {
  model.check(function);
  if (options.replicates == 0) throw_input_error(function, "replicates = 0: there must be one at least");
  if (methods.empty()) throw_input_error(function, "there is no method");
  for (const auto& m : methods) {
    if (!m.run || m.name.empty()) throw_input_error(function, "method '" + m.name + "' has no name or no function");
  }
}

/// Pieces [first, last) of a simulation.
template <trial_model Model>
std::vector<simulation_piece> simulate_pieces(const Model& model, const std::vector<simulated_method<typename Model::data_type>>& methods, const simulate_options& options,
                                              std::size_t first, std::size_t last) {
  constexpr std::size_t block = simulation_piece::replicates;
  std::vector<simulation_piece> pieces(last - first);
  if (first == last) return pieces;
  const std::size_t begin_of_all = first * block, end_of_all = (std::min)(options.replicates, last * block);
  parallel_blocks(end_of_all - begin_of_all, block, options.threads, [&](std::size_t begin, std::size_t end) {
    simulation_piece mine{.tallies = std::vector<performance_tally>(methods.size())};
    for (std::size_t i = begin; i < end; ++i) {
      random_stream random(options.seed, options.first + begin_of_all + i);
      const auto d = model.draw(random);
      mine.clipped += d.clipped;
      for (std::size_t m = 0; m < methods.size(); ++m) {
        performance_tally& t = mine.tallies[m];
        ++t.replicates;
        try {
          t.take(methods[m].run(d.data), methods[m].target == interval_target::mean ? d.mean : d.next_trial, d.mean);
        } catch (const not_estimable&) {
          ++t.refused;
        } catch (const convergence_error&) {
          ++t.failed;
        }
      }
    }
    pieces[begin / block] = std::move(mine);
  });
  return pieces;
}

/// Adds up pieces in the order in which they are handed over, and says what they found.
template <class Data>
class simulation_sum {
 public:
  simulation_sum(const std::vector<simulated_method<Data>>& methods, const simulate_options& options)
      : methods_(methods), sums_(methods.size()), result_{.replicates = options.replicates, .seed = options.seed} {}
  void add(const simulation_piece& p) {
    result_.clipped += p.clipped;
    for (std::size_t m = 0; m < sums_.size(); ++m) sums_[m] += p.tallies[m];
  }
  simulation_result result() {
    for (std::size_t m = 0; m < sums_.size(); ++m) result_.methods.push_back(performance_of(methods_[m].name, methods_[m].target, std::move(sums_[m])));
    return std::move(result_);
  }

 private:
  const std::vector<simulated_method<Data>>& methods_;
  std::vector<performance_tally> sums_;
  simulation_result result_;
};

}  // namespace detail

/// Draws data sets from a model and judges every method on each: bias, mean squared error, coverage, width, type I error or power, each with its Monte Carlo error.
///
///     binary_trials_model<odds_ratio> model{.effects = {.mean = std::log(0.7), .tau2 = 0.1}, .sizes = drawn_sizes{.trials = 5}, .control_risk = {0.2}};
///     const auto r = simulate(model, methods_for(odds_ratio{}), {.replicates = 10000});
///
/// Replicate i is drawn from the stream (seed, i) and from nothing else, so that all methods see the same data and no answer depends on threads or order.
/// Throws input_error if the model is not valid, a method has no run or no name, or there is no replicate.
/// Morris, White & Crowther (2019) Stat Med 38:2074, doi:10.1002/sim.8086.
template <trial_model Model>
simulation_result simulate(const Model& model, const std::vector<simulated_method<typename Model::data_type>>& methods, const simulate_options& options = {}) {
  detail::check_simulation("simulate", model, methods, options);
  detail::simulation_sum<typename Model::data_type> sum(methods, options);
  for (const auto& piece : detail::simulate_pieces(model, methods, options, 0, detail::simulation_pieces(options))) sum.add(piece);
  return sum.result();
}

}  // namespace metapool
