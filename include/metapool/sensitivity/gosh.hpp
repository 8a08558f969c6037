// SPDX-License-Identifier: BSL-1.0
// Graphical display of study heterogeneity: a meta-analysis of every subset of the studies.
#pragma once

#include <metapool/math/parallel.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/sensitivity/gosh_engine.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Goes through the blocks of a family of subsets in order, each by fill(number of the block, block), several at a time by threads;
/// then sink(block) for one after the other in the caller's thread.
template <class Real, class Fill, class Sink>
void gosh_blocks(std::size_t k, std::uint64_t blocks, unsigned threads, const Fill& fill, Sink& sink) {
  const std::size_t at_once = threads == 1 ? 1 : static_cast<std::size_t>((std::min)(blocks, std::uint64_t(64)));
  std::vector<std::unique_ptr<gosh_block<Real>>> room;
  for (std::size_t i = 0; i < at_once; ++i) room.push_back(std::make_unique<gosh_block<Real>>(k));
  for (std::uint64_t first = 0; first < blocks; first += at_once) {
    const std::size_t n = static_cast<std::size_t>((std::min)(blocks - first, std::uint64_t(at_once)));
    parallel_blocks(n, 1, threads, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) fill(first + i, *room[i]);
    });
    for (std::size_t i = 0; i < n; ++i) sink(*room[i]);
  }
}

/// Every block of rows in order. list(masks, n, block) fits given masks; cube(number, block), if there are cubes of 2^low subsets, all of one cube.
template <class Real, class List, class Cube, class Sink>
void gosh_all_blocks(std::size_t k, std::size_t low, const gosh_options& o, const List& list, const Cube& cube, Sink& sink) {
  constexpr std::size_t most = gosh_block<Real>::most;
  const subset_family<> family(k, o.minimum);
  const std::uint64_t count = family.count();
  if (count > o.most) {
    const std::vector<study_mask> masks = family.draw(static_cast<std::size_t>(o.most), o.seed);
    gosh_blocks<Real>(
        k, (masks.size() + most - 1) / most, o.threads,
        [&](std::uint64_t number, gosh_block<Real>& b) {
          const std::size_t at = static_cast<std::size_t>(number) * most;
          list(masks.data() + at, (std::min)(most, masks.size() - at), b);
        },
        sink);
    return;
  }
  if (low > 0 && k < 64 && (std::uint64_t(1) << k) / 16 <= count) {
    gosh_blocks<Real>(k, std::uint64_t(1) << (k - low), o.threads, cube, sink);
    return;
  }
  gosh_blocks<Real>(
      k, count / most + (count % most != 0), o.threads,
      [&](std::uint64_t number, gosh_block<Real>& b) {
        study_mask masks[most];
        const std::uint64_t at = number * most;
        const std::size_t n = static_cast<std::size_t>((std::min)(count - at, std::uint64_t(most)));
        masks[0] = family.at(at);
        for (std::size_t i = 1; i < n; ++i) masks[i] = family.first_from(masks[i - 1] + 1);
        list(masks, n, b);
      },
      sink);
}

template <class Real, class Estimator, class Sink>
void gosh_rows_of(const char* function, const effects<Real>& data, const Estimator& estimator, const gosh_options& o, Sink& sink,
                  const gosh_wants& wants = {}) {
  check_effects(function, data);
  gosh_rows(data.size(), o);
  if constexpr (std::is_same_v<Estimator, fixed_tau2>) {
    if (!(estimator.tau2 >= 0) || !is_finite(estimator.tau2))
      throw_input_error(function, "tau2 = " + to_text(estimator.tau2) + " must be finite and not negative");
  }
  const gosh_engine<Real, Estimator> engine(data.y, data.v, estimator, o, true, wants);
  gosh_all_blocks<Real>(
      data.size(), data.size() < 3 ? 0 : engine.low(), o,
      [&](const study_mask* masks, std::size_t n, gosh_block<Real>& b) { engine.list(masks, n, b); },
      [&](std::uint64_t number, gosh_block<Real>& b) { engine.cube(number, b); }, sink);
}

/// Copies block after block into columns.
template <class Real>
class gosh_writer {
 public:
  explicit gosh_writer(const gosh_columns<Real>& to) : to_(to) {}
  void operator()(gosh_block<Real>& b) {
    const auto copy = [&](const auto& span, const auto* from) {
      if (!span.empty()) std::copy_n(from + b.first, b.size, span.begin() + static_cast<std::ptrdiff_t>(at_));
    };
    copy(to_.mask, b.mask);
    copy(to_.studies, b.studies);
    copy(to_.estimate, b.estimate);
    copy(to_.se, b.se);
    copy(to_.tau2, b.tau2);
    copy(to_.q, b.q);
    copy(to_.i2, b.i2);
    copy(to_.h2, b.h2);
    copy(to_.status, b.status);
    at_ += b.size;
  }

 private:
  gosh_columns<Real> to_;
  std::size_t at_ = 0;
};

template <class Real>
void check_gosh_columns(const char* function, const gosh_columns<Real>& to, std::size_t rows) {
  for (const std::size_t size : {to.mask.size(), to.studies.size(), to.estimate.size(), to.se.size(), to.tau2.size(), to.q.size(),
                                 to.i2.size(), to.h2.size(), to.status.size()}) {
    if (size != 0 && size != rows)
      throw_input_error(function, "a column has " + std::to_string(size) + " places for " + std::to_string(rows) + " subsets");
  }
}

}  // namespace detail

/// A meta-analysis of every subset of the studies (Olkin, Dahabreh & Trikalinos 2012): which studies make the estimate and the heterogeneity what they are.
///
/// data: 1 to 64 effects; estimator: of tau2, as in random_effects; fixed_tau2{} (or gosh_common_effect) for a common effect. Up to options.most subsets of
/// options.minimum studies or more all are fitted, beyond that so many random ones, all different, each set of so many equally likely; rows ascend in their masks.
/// A subset that cannot be fitted has a status, and does not touch the others. Scale: that of the effects; I2 a fraction.
/// Common effect, DerSimonian-Laird and REML go eight subsets at a time, by AVX2 where the processor has it (a common effect by AVX-512, with g++); the sums of a subset are put together from those of two parts, of which
/// all terms are positive. 12 digits of each number (REML: of tau2 + k se^2, the highest maximum of the likelihood always); any other estimator is called subset by subset.
/// The same bits for any number of threads. Throws as common_effect, and input_error with more than 64 studies or options out of their domain.
/// Olkin, Dahabreh & Trikalinos (2012) Res Synth Methods 3:214, doi:10.1002/jrsm.1053.
template <std::floating_point Real, class Estimator = reml>
requires tau2_estimator<Estimator, Real> gosh_result<Real> gosh(const effects<Real>& data, const Estimator& estimator = {},
                                                                const gosh_options& options = {}) {
  detail::check_effects("gosh", data);
  gosh_result<Real> r;
  r.measure = data.measure;
  r.method = std::string(Estimator::name);
  r.labels = data.labels;
  r.options = options;
  r.resize(gosh_rows(data.size(), options));
  r.exhaustive = detail::subset_family<>(data.size(), options.minimum).count() <= options.most;
  detail::gosh_writer<Real> writer(r.columns());
  detail::gosh_rows_of("gosh", data, estimator, options, writer);
  return r;
}

/// The same by the common-effect model (inverse variance).
template <std::floating_point Real>
gosh_result<Real> gosh_common_effect(const effects<Real>& data, const gosh_options& options = {}) {
  gosh_result<Real> r = gosh(data, fixed_tau2{}, options);
  r.method = "inverse variance";
  return r;
}

/// The same into columns of the caller's, of gosh_rows(k, options) places each or empty. Throws input_error if one has another size.
template <std::floating_point Real, class Estimator>
requires tau2_estimator<Estimator, Real>
void gosh_into(const effects<Real>& data, const Estimator& estimator, const gosh_columns<Real>& to, const gosh_options& options = {}) {
  detail::check_effects("gosh_into", data);
  detail::check_gosh_columns("gosh_into", to, gosh_rows(data.size(), options));
  detail::gosh_writer<Real> writer(to);
  detail::gosh_rows_of("gosh_into", data, estimator, options, writer, {!to.se.empty(), !to.i2.empty(), !to.h2.empty()});
}

/// The same, block by block: sink(const gosh_columns<Real>&) is called in the caller's thread with up to 1024 rows at a time, in order and with the same blocks for any number of threads.
/// All 2^25 subsets of 25 studies (options.most = 1 << 25) need no more memory than those of 15.
template <std::floating_point Real, class Estimator, class Sink>
requires tau2_estimator<Estimator, Real>
void gosh_stream(const effects<Real>& data, const Estimator& estimator, const gosh_options& options, Sink&& sink) {
  const auto pass_on = [&](detail::gosh_block<Real>& b) {
    if (b.size > 0) sink(b.columns());
  };
  detail::gosh_rows_of("gosh_stream", data, estimator, options, pass_on);
}

}  // namespace metapool
