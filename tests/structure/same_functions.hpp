// SPDX-License-Identifier: BSL-1.0
// Function templates that two headers define alike: each header compiles, and whoever includes both cannot call either.
#pragma once

#include "structure/include_rules.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace metapool_test {

/// The parameters of a list as text, without their names and default values: "const A<Real>& a, int n = 3" gives "const A<Real>&,int,".
inline std::string parameter_types(const std::string& list) {
  std::string types;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    const char c = i < list.size() ? list[i] : ',';
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
    if (c != ',' || (depth > 0 && i < list.size())) continue;
    std::string one = list.substr(begin, i - begin);
    begin = i + 1;
    one = one.substr(0, one.find(" = "));
    one.erase(0, (std::min)(one.find_first_not_of(' '), one.size()));
    while (!one.empty() && one.back() == ' ') one.pop_back();
    std::size_t end = one.size();
    while (end > 0 && (std::isalnum(static_cast<unsigned char>(one[end - 1])) != 0 || one[end - 1] == '_')) --end;
    if (end > 0 && one[end - 1] == ' ') one.resize(end - 1);  // a name stands behind a space
    types += one + ",";
  }
  return types;
}

/// What tells the free functions defined in a header from their overloads, as text: template and requires, namespace, name,
/// types. Heads begin in the first column.
inline std::vector<std::string> function_heads(const std::filesystem::path& header) {
  std::vector<std::string> heads, spaces;
  std::ifstream in(header);
  std::string line, head;
  while (std::getline(in, line)) {
    if (starts_with(line, "namespace ") && line.find('=') == std::string::npos) {
      spaces.push_back(line.substr(10, line.find(" {") - 10));
      continue;
    }
    if (starts_with(line, "}  // namespace") && !spaces.empty()) spaces.pop_back();
    const bool starts = !line.empty() && line[0] != ' ' && line[0] != '/' && line[0] != '#' && line[0] != '}';
    if (starts && !starts_with(head, "template")) head.clear();
    if (!starts && head.empty()) continue;
    head += (head.empty() ? "" : " ") + line.substr((std::min)(line.find_first_not_of(' '), line.size()));
    const std::size_t open = head.find('{'), close = head.find(';');
    if (open == std::string::npos && close == std::string::npos) continue;
    std::size_t name = std::string::npos;  // the brackets of the parameters: the first that follow a name and no `requires`
    std::size_t template_end = 0;
    int depth = 0;
    for (std::size_t i = 0; i < (std::min)(open, close) && name == std::string::npos; ++i) {
      if (head[i] == '<') ++depth;
      if (head[i] == '>' && i > 0 && head[i - 1] != '-' && --depth == 0 && template_end == 0) template_end = i + 1;
      const bool after_name = i > 0 && (std::isalnum(static_cast<unsigned char>(head[i - 1])) != 0 || head[i - 1] == '_');
      if (head[i] == '(' && depth <= 0 && after_name) name = i;
    }
    if (name != std::string::npos && open < close) {
      std::size_t begin = name, end = name + 1;
      while (begin > 0 && (std::isalnum(static_cast<unsigned char>(head[begin - 1])) != 0 || head[begin - 1] == '_')) --begin;
      for (int brackets = 1; end < head.size() && brackets > 0; ++end) brackets += head[end] == '(' ? 1 : head[end] == ')' ? -1 : 0;
      // The type of the answer tells no overloads apart; behind a `requires`, where it is hard to see, it stays.
      std::string before = head.substr(0, begin);
      if (before.find(" requires ") == std::string::npos) before = starts_with(before, "template <") ? before.substr(0, template_end) : "";
      std::string space;
      for (const std::string& s : spaces) space += s + "::";
      const std::string called = head.substr(begin, name - begin);
      if (called != "requires") heads.push_back(before + " " + space + called + "(" + parameter_types(head.substr(name + 1, end - name - 2)) + ")");
    }
    head.clear();
  }
  return heads;
}

/// The functions that stand in two headers of the folder.
inline violations same_functions(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> seen;
  violations found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".hpp") continue;
    const std::string path = fs::relative(entry.path(), folder).generic_string();
    for (const std::string& head : function_heads(entry.path())) {
      const auto at = seen.emplace(head, path);
      if (!at.second && at.first->second != path) found.push_back(at.first->second + " and " + path + " both define " + head);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace metapool_test
