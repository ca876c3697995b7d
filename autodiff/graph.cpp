#include <algorithm>
#include <cstdio>
#include <ostream>

#include <vaegrad/autodiff/graph.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

std::string number(Real x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", double(x));
  return text;
}

// In double quotes a quote and a backslash have a meaning; a new line is written as one.
std::string quoted(const std::string& text) {
  std::string to = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\' || c == '\n') to += '\\';
    to += c == '\n' ? 'n' : c;
  }
  return to + '"';
}

}  // namespace

std::string graph(const Tape& tape) {
  std::string to = "digraph {\n  node [shape=box fontname=Sans fontsize=11]\n";
  for (std::uint32_t i = 0; i < tape.size(); ++i) {
    const Entry& e = tape.entry(i);
    std::string text = concat('%', i, "   ");
    e.kind->describe(e, text);
    text += '\n';
    text += e.shape() == Shape{1, 1} ? number(*e.val) : concat(e.shape());
    if (e.shape() == Shape{1, 1} && e.touched) text += concat("   adjoint ", number(*e.adj));
    to += concat("  e", i, " [label=", quoted(text), e.active ? "" : " style=dashed", "]\n");
    std::vector<std::uint32_t> inputs;
    e.kind->inputs(e, inputs);
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());  // x in x * x, once
    for (std::uint32_t in : inputs) to += concat("  e", in, " -> e", i, '\n');
  }
  return to + "}\n";
}

std::string Tape::describe() const {
  std::string to;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    std::string number = concat('%', i), shape = concat(e.shape());
    number.resize(std::max<std::size_t>(number.size(), 6), ' ');
    shape.resize(std::max<std::size_t>(shape.size(), 13), ' ');
    to += number + shape + (e.active ? "  " : "* ");
    e.kind->describe(e, to);
    to += '\n';
  }
  return to;
}

std::ostream& operator<<(std::ostream& to, const Tape& tape) { return to << tape.describe(); }

}  // namespace vaegrad::inline VAEGRAD_ABI
