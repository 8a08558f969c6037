// SPDX-License-Identifier: BSL-1.0
// The one main of all test programs, and the reporter by which the build asks a program for its test cases: it writes one CTest entry a case, or one a test file.
// (doctest's own discovery splits names in CMake lists, where a name such as "I2 lies in [0, 1)" swallows its neighbours.)
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

namespace {

std::string program;  // the program to call: --ctest-program=/path
std::string by_file;  // not empty: one entry a test file (--ctest-by-file=ON)
int cases_run = -1;   // cases that passed the filters; -1 if no run took place (a listing)

/// Text as a CMake bracket argument: taken literally, whatever characters a name has.
std::string bracket(const std::string& text) { return "[==[" + text + "]==]"; }

/// A doctest filter that matches the name: `?` stands for the characters that doctest's parser of filters treats in its own way.
std::string filter(std::string name) {
  for (char& c : name) {
    if (c == ',' || c == '"' || c == '\\') c = '?';
  }
  return name;
}

/// The folder of a test file: its room, with which its names in CTest begin.
std::string room_of(std::string file) {
  file.erase((std::min)(file.find_last_of("/\\"), file.size()));
  return file.substr(file.find_last_of("/\\") + 1);
}

std::string name_of(const std::string& file) { return file.substr(file.find_last_of("/\\") + 1); }

/// Writes the cases of a listing as CTest entries.
struct ctest_writer : doctest::IReporter {
  std::ostream& out;
  explicit ctest_writer(const doctest::ContextOptions& options) : out(*options.cout) {}
  void report_query(const doctest::QueryData& query) override {
    std::string last;
    for (unsigned i = 0; i < query.num_data; ++i) {
      const std::string room = room_of(query.data[i]->m_file.c_str());
      std::string entry, wanted;
      int seconds = 600;
      if (by_file == "ON") {
        entry = room + ": " + name_of(query.data[i]->m_file.c_str());
        wanted = "--source-file=*/" + room + "/" + name_of(query.data[i]->m_file.c_str());
        seconds = 1800;
        if (entry == last) continue;  // a program's cases are listed file by file
        last = entry;
      } else {
        entry = room + ": " + query.data[i]->m_name;
        wanted = "--test-case=" + filter(query.data[i]->m_name);
      }
      out << "add_test(" << bracket(entry) << ' ' << bracket(program) << ' ' << bracket(wanted) << " --no-intro)\n"
          << "set_tests_properties(" << bracket(entry) << " PROPERTIES LABELS " << bracket(room) << " TIMEOUT " << seconds << ")\n";
    }
  }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

/// Counts the cases of a run; METAPOOL_CASES names a file to which a line `passed failed` of it is added.
struct counter : ctest_writer {
  using ctest_writer::ctest_writer;
  void report_query(const doctest::QueryData&) override {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    cases_run = static_cast<int>(stats.numTestCasesPassingFilters);
    if (const char* file = std::getenv("METAPOOL_CASES")) {
      std::ofstream(file, std::ios::app) << stats.numTestCasesPassingFilters - stats.numTestCasesFailed << ' ' + std::to_string(stats.numTestCasesFailed) + "\n";
    }
  }
};

}  // namespace

DOCTEST_REGISTER_REPORTER("ctest", 0, ctest_writer);
DOCTEST_REGISTER_LISTENER("counter", 1, counter);

int main(int argc, char** argv) {
  program = argv[0];
  for (int i = 1; i < argc; ++i) {
    const auto option = [&](const char* name, std::string& value) {
      if (std::strncmp(argv[i], name, std::strlen(name)) == 0) value = argv[i] + std::strlen(name);
    };
    option("--ctest-program=", program);
    option("--ctest-by-file=", by_file);
  }
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (cases_run == 0) {  // doctest calls a filter that matches nothing a success
    std::cerr << "no test case matches the filter\n";
    return 1;
  }
  return result;
}
