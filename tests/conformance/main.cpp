// SPDX-License-Identifier: BSL-1.0
// Runs folders of reference cases (tests/reference/README.md) against the library and reports each difference.
// It knows no data set and no answer: what it expects stands in the files.
#include "conformance/batch.hpp"
#include "conformance/compare.hpp"
#include "conformance/operations.hpp"
#include "conformance/reference.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace conformance;

constexpr const char* usage =
    "usage: metapool_conformance [--op NAME] [--batch] [--register FILE] [--verbose] DIR...\n"
    "Runs every case of every *.json file in the folders and prints a line for each difference; the last line counts the cases.\n"
    "  --op NAME        only the cases of this operation\n"
    "  --batch          answers that a batch has are taken from there, the case being one of its columns\n"
    "  --register FILE  known discrepancies, in which the library is right (default: discrepancies.json beside this program's source)\n"
    "  --verbose        also says which cases were skipped, by operation and reason\n"
    "Exit code: 0 if no case failed, 1 if one did, 2 if arguments or files are not as they should be.\n";

struct arguments {
  std::vector<std::filesystem::path> folders;
  std::string op;
  std::filesystem::path register_file;
  bool verbose = false;
  bool batch = false;
};

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

arguments parse(int argc, char** argv) {
  arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      if (i + 1 == argc) throw usage_error(word + " needs a value");
      return std::string(argv[++i]);
    };
    if (word == "--op") {
      a.op = value();
    } else if (word == "--register") {
      a.register_file = value();
    } else if (word == "--batch") {
      a.batch = true;
    } else if (word == "--verbose") {
      a.verbose = true;
    } else if (word.rfind("--", 0) == 0) {
      throw usage_error("unknown option " + word);
    } else {
      a.folders.emplace_back(word);
    }
  }
  if (a.folders.empty()) throw usage_error("no folder is given");
  if (a.register_file.empty()) {
    const auto beside = std::filesystem::path(METAPOOL_SOURCE_DIR) / "tests" / "conformance" / "discrepancies.json";
    if (std::filesystem::exists(beside)) a.register_file = beside;
  }
  return a;
}

std::string shown(double x) {
  std::ostringstream out;
  out << std::setprecision(17) << x;
  return out.str();
}

class run {
 public:
  run(const std::vector<discrepancy>& known, bool batch) : known_(known), met_(known.size(), false), batch_(batch) {}

  void examine(const data_set& data, const reference_case& c) {
    const std::size_t before = lines_;
    std::size_t compared = 0;
    std::string reason;
    try {
      answers<double> got = evaluate<double>(data, c);
      if (batch_ && c.op == "pool" && answer_by_batch(data, c.options, got)) ++batched;
      if (batch_ && (c.op == "mantel_haenszel" || c.op == "peto") && answer_by_count_batch(data, c.op, c.options, got)) ++batched;
      for (const auto& [field_name, expected] : c.expect) {
        const auto answer = got.fields().find(field_name);
        if (answer != got.fields().end()) {
          compare(c, field_name, expected, answer->second, compared);
        } else if (std::any_of(expected.begin(), expected.end(), [](const auto& x) { return x.has_value(); })) {
          reason = "field " + field_name;
        }
      }
    } catch (const unsupported& e) {
      reason = e.what();
    } catch (const metapool::not_estimable& e) {
      none_at_all(c, e.what(), compared);
    } catch (const metapool::error& e) {
      line(c, "") << "the library throws: " << e.what() << '\n';
    }
    if (lines_ != before) {
      ++failed;
    } else if (!reason.empty()) {
      skip(c, reason);
    } else if (compared == 0) {
      skip(c, "no field with a value");
    } else {
      ++passed;
    }
  }

  /// Entries of the register that name a case or field of this data set that is not there.
  void check_register(const data_set& data) {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const discrepancy& d = known_[i];
      if (met_[i] || d.id.rfind(data.name + "/", 0) != 0) continue;
      const bool there = std::any_of(data.cases.begin(), data.cases.end(), [&](const reference_case& c) { return c.id == d.id; });
      std::cout << "FAIL " << d.id << ' ' << d.field << ": the register's entry "
                << (there ? "does not fit what the case expects" : "names a case that is not there") << '\n';
      met_[i] = true;
      ++failed;
    }
  }

  void report_skipped() const {
    for (const auto& [what, count] : skipped_by_)
      std::cout << "skipped " << std::setw(5) << count << "  " << what.first << ": " << what.second << '\n';
  }

  std::size_t passed = 0, failed = 0, skipped = 0, registered = 0, batched = 0;

 private:
  std::ostream& line(const reference_case& c, const std::string& field_name) {
    ++lines_;
    std::cout << "FAIL " << c.id;
    if (!field_name.empty()) std::cout << ' ' << field_name;
    return std::cout << ": ";
  }

  void skip(const reference_case& c, const std::string& reason) {
    ++skipped;
    ++skipped_by_[{c.op, reason}];
  }

  /// The library says not_estimable of the whole: right for every null, wrong for every number.
  void none_at_all(const reference_case& c, const std::string& why, std::size_t& compared) {
    for (const auto& [field_name, expected] : c.expect) {
      for (const auto& x : expected) {
        ++compared;
        if (x) line(c, field_name) << "expected " << shown(*x) << ", but the library says not estimable: " << why << '\n';
      }
    }
  }

  void compare(const reference_case& c, const std::string& field_name, const numbers& expected, const field<double>& got,
               std::size_t& compared) {
    if (expected.empty()) return;  // the source has no such value
    if (expected.size() != got.values.size()) {
      line(c, field_name) << "expected " << expected.size() << " values, got " << got.values.size() << '\n';
      return;
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string name = expected.size() == 1 ? field_name : field_name + "[" + std::to_string(i + 1) + "]";
      const std::optional<double>& value = got.values[i];
      const bool none = !value || !std::isfinite(*value);
      const bool as_reference = expected[i] ? value && same(*value, *expected[i], c.rtol, got) : none;
      const std::string got_text = value ? shown(*value) : "nothing (not estimable)";
      if (const discrepancy* d = registered_at(c, field_name, i, expected[i])) {
        ++compared;
        ++registered;
        const std::string registered_text = d->library ? shown(*d->library) : "nothing";
        const bool as_registered = d->library ? value && same(*value, *d->library, c.rtol, got) : !value;
        if (as_reference) {
          line(c, name) << "the register says that the library gives " << registered_text << ", but it gives " << got_text
                        << " like the reference: the entry is stale\n";
        } else if (!as_registered) {
          line(c, name) << "registered " << registered_text << ", got " << got_text << '\n';
        }
      } else if (!expected[i]) {
        compared += none;
        if (!none && got.null_means_none) line(c, name) << "expected no value, got " << shown(*value) << '\n';
      } else if (++compared; !as_reference) {
        line(c, name) << "expected " << shown(*expected[i]) << ", got " << got_text;
        if (value) std::cout << ", relative error " << relative_error(*value, *expected[i]);
        std::cout << '\n';
      }
    }
  }

  /// An entry counts only if the reference still says what it said when the entry was made.
  const discrepancy* registered_at(const reference_case& c, const std::string& field_name, std::size_t i, const std::optional<double>& expected) {
    for (std::size_t j = 0; j < known_.size(); ++j) {
      const discrepancy& d = known_[j];
      if (d.id != c.id || d.field != field_name || d.element != i + 1 || expected.has_value() != d.reference.has_value()) continue;
      if (expected && relative_error(*expected, *d.reference) > 1e-12) continue;
      met_[j] = true;
      return &d;
    }
    return nullptr;
  }

  const std::vector<discrepancy>& known_;
  std::vector<bool> met_;
  bool batch_;
  std::size_t lines_ = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> skipped_by_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const arguments a = parse(argc, argv);
    const std::vector<discrepancy> known = a.register_file.empty() ? std::vector<discrepancy>{} : read_register(a.register_file);
    run r(known, a.batch);
    for (const auto& folder : a.folders) {
      for (const data_set& data : read_folder(folder)) {
        for (const reference_case& c : data.cases) {
          if (a.op.empty() || a.op == c.op) r.examine(data, c);
        }
        if (a.op.empty()) r.check_register(data);
      }
    }
    if (r.passed + r.failed + r.skipped == 0)
      throw usage_error(a.op.empty() ? "the folders hold no case" : "the folders hold no case of operation " + a.op);
    if (a.verbose) r.report_skipped();
    if (a.batch) {
      if (r.batched == 0) throw usage_error("no case of the folders is one for a batch");
      std::cout << r.batched << " cases were columns of batches\n";
    }
    if (r.registered > 0) std::cout << r.registered << " values compared with the register of discrepancies instead of the reference\n";
    std::cout << r.passed << " passed, " << r.failed << " failed, " << r.skipped << " skipped\n";
    return r.failed == 0 ? 0 : 1;
  } catch (const usage_error& e) {
    std::cerr << "metapool_conformance: " << e.what() << '\n' << usage;
  } catch (const std::exception& e) {
    std::cerr << "metapool_conformance: " << e.what() << '\n';
  }
  return 2;
}
