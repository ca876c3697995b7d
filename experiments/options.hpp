// Options of the commands that work on a trained run: `COMMAND [RUN] --name value ..`.
#pragma once
#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vaegrad/lab/run/settings/settings.hpp>

#include "command.hpp"

namespace vaegrad {

// A class: by the name that the data gave it, else by its number, from 0 to `most`. UsageError: it is
// neither.
inline std::int64_t class_option(const std::string& option, const std::string& text,
                                 const std::vector<std::string>& names, std::int64_t most) {
  const auto at = std::find(names.begin(), names.end(), text);
  if (at != names.end()) return at - names.begin();
  std::string known;
  for (const std::string& n : names) known += concat(known.empty() ? "" : ", ", n);
  check<UsageError>(names.empty() || text.find_first_not_of("0123456789") == text.npos, "--",
                    option, ": there is no class '", text, "'", hint, "one of ", known,
                    ", or a number from 0");
  return integer_option(option, text, 0, most);
}

class Options {
 public:
  // The names that take a value, and those that do not. Errors (UsageError): any other, one given
  // twice, a value missing or empty.
  Options(Arguments arguments, const std::vector<std::string_view>& with_value,
          std::initializer_list<std::string_view> switches = {}) {
    const auto among = [](auto names, std::string_view n) {
      return std::find(names.begin(), names.end(), n) != names.end();
    };
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& a = arguments[i];
      const std::string_view name = a.starts_with("--") ? std::string_view(a).substr(2) : "";
      if (!a.starts_with("--") && !run_) {
        run_ = a;
      } else if (!name.empty() && among(switches, name)) {
        give(name, "");
      } else {
        check<UsageError>(!name.empty() && among(with_value, name), "unrecognised option '", a, "'",
                          hint, "--help lists the options");
        check<UsageError>(i + 1 < arguments.size() && !arguments[i + 1].starts_with("--"), a,
                          ": it needs a value", hint, "--help shows an example");
        check<UsageError>(!arguments[++i].empty(), a, ": its value is empty", hint,
                          "leave it out, or look at the variable that it came from");
        give(name, arguments[i]);
      }
    }
  }
  std::string run() const { return run_.value_or("runs/latest"); }
  bool has(const std::string& name) const { return given_.count(name); }
  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = given_.find(name);
    return found == given_.end() ? otherwise : found->second;
  }
  std::int64_t integer(const std::string& name, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most) const {
    return has(name) ? integer_option(name, text(name, ""), least, most) : otherwise;
  }
  double real(const std::string& name, double otherwise, double least, double most) const {
    return has(name) ? real_option(name, text(name, ""), least, most) : otherwise;
  }
  std::vector<std::int64_t> integers(const std::string& name, std::int64_t least,
                                     std::int64_t most) const {  // N,N..
    std::vector<std::int64_t> all;
    std::istringstream in(text(name, ""));
    for (std::string one; std::getline(in, one, ',');)
      all.push_back(integer_option(name, one, least, most));
    check<UsageError>(!all.empty(), "--", name, ": no numbers", hint, "--", name, " 3,7");
    return all;
  }
  // The first choice is the default.
  std::string one_of(const std::string& name, const std::vector<std::string>& choices) const {
    const std::string value = text(name, choices.front());
    std::string known;
    for (const std::string& c : choices) {
      if (value == c) return value;
      known += concat(known.empty() ? "" : ", ", c);
    }
    fail<UsageError>("--", name, ": there is no '", value, "'", hint, "one of ", known);
  }

 private:
  void give(std::string_view name, const std::string& value) {
    check<UsageError>(given_.emplace(name, value).second, "--", name, ": given twice", hint,
                      "once, or --help says how to give several");
  }
  std::optional<std::string> run_;
  std::map<std::string, std::string> given_;
};

}  // namespace vaegrad
