// A comparison as text: for a terminal, as CSV, Markdown and LaTeX.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <set>

#include <vaegrad/lab/uses/studies/comparison.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// Two digits, or a dash
std::string two(double x) { return std::isfinite(x) ? fmt::format("{:.2f}", x) : "-"; }
// All there is to say of p: 0.031, < 0.001
std::string short_p(double p) {
  return std::isnan(p) ? "-" : p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p);
}
std::string with_error(const Difference& d, const char* sign) {
  if (!std::isfinite(d.mean)) return "-";
  return std::isfinite(d.standard_error)
             ? fmt::format("{:.2f} {} {:.2f}", d.mean, sign, d.standard_error)
             : two(d.mean);
}
std::string deviation(const Spread& s) { return s.count > 1 ? two(s.deviation) : "-"; }

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos) return text;
  std::string to = "\"";
  for (char c : text) to += c == '"' ? std::string("\"\"") : std::string(1, c);
  return to + '"';
}
std::string csv_number(double x) { return std::isfinite(x) ? fmt::format("{:.9g}", x) : ""; }

std::string latex_text(const std::string& text) {
  std::string to;
  for (char c : text) {
    if (c == '\\')
      to += "\\textbackslash{}";
    else if (c == '~' || c == '^')
      to += fmt::format("\\{}{{}}", c);
    else
      to += std::strchr("&%$#_{}", c) ? std::string{'\\', c} : std::string(1, c);
  }
  return to;
}
std::string markdown_text(std::string text) {
  for (std::size_t i = 0; (i = text.find('|', i)) != text.npos; i += 2) text.insert(i, "\\");
  return text;
}
std::string seeds(const SettingResult& r) {
  std::string to;
  for (const FinishedRun& run : r.runs) to += (to.empty() ? "" : " ") + run.setting("seed");
  return to;
}

// Lines of at most 80 columns, which all begin at the same one: breaks at spaces.
std::string indented(const std::string& text, std::size_t indent) {
  std::string to;
  std::size_t column = 80;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (column + 1 + (end - at) > 80)
      to += (to.empty() ? "" : "\n") + std::string(indent, ' '), column = indent;
    else
      to += ' ', ++column;
    to += text.substr(at, end - at), column += end - at;
    at = end + 1;
  }
  return to;
}

}  // namespace

std::string with_spread(const Spread& of, const char* sign) {
  if (!std::isfinite(of.mean)) return "-";
  return of.count > 1 ? fmt::format("{:.2f} {} {:.2f}", of.mean, sign, of.deviation) : two(of.mean);
}

std::string comparison_csv(std::span<const Comparison> comparisons) {
  std::string to =
      "data,setting,seeds,elbo,elbo_deviation,nll,nll_deviation,ranked_by,to_best,"
      "to_best_standard_error,test,to_best_p,examples_standard_error,examples_p\n";
  for (const Comparison& c : comparisons)
    for (const SettingResult& r : c.results) {
      const auto sd = [](const Spread& s) { return s.count > 1 ? csv_number(s.deviation) : ""; };
      const bool best = &r == &c.results[0];
      to += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(c.what),
                        csv_field(r.name), seeds(r), csv_number(r.elbo.mean), sd(r.elbo),
                        r.nll.count ? csv_number(r.nll.mean) : "", sd(r.nll), c.quantity(),
                        csv_number(r.over_seeds.mean), csv_number(r.over_seeds.standard_error),
                        best               ? ""
                        : r.paired_by_seed ? "paired by seed"
                                           : "unpaired",
                        csv_number(r.over_seeds.p), csv_number(r.over_examples.standard_error),
                        csv_number(r.over_examples.p));
    }
  return to;
}

std::string comparison_markdown(std::span<const Comparison> comparisons) {
  std::string to;
  for (const Comparison& c : comparisons) {
    to += fmt::format("{}{}\n\n|", to.empty() ? "" : "\n", markdown_text(c.what));
    std::string line = "|";
    const auto column = [&](const std::string& name) {
      to += fmt::format(" {} |", name), line += "---|";
    };
    for (const std::string& name : c.varied) column(name);
    if (c.varied.empty()) column("model");
    if (c.by_nll) column("NLL");
    for (const char* name :
         {"ELBO", "seeds", "to the best", "p over seeds", "± examples", "p over examples"})
      column(name);
    to += '\n' + line + '\n';
    for (const SettingResult& r : c.results) {
      to += '|';
      for (const std::string& value : r.values) to += fmt::format(" {} |", markdown_text(value));
      if (c.varied.empty()) to += fmt::format(" {} |", markdown_text(r.name));
      if (c.by_nll) to += fmt::format(" {} |", with_spread(r.nll));
      to += fmt::format(" {} | {} | {} | {} | {} | {} |\n", with_spread(r.elbo), r.runs.size(),
                        with_error(r.over_seeds, "±"), short_p(r.over_seeds.p),
                        two(r.over_examples.standard_error), short_p(r.over_examples.p));
    }
  }
  return to;
}

std::string comparison_latex(std::span<const Comparison> comparisons) {
  const auto math = [](const std::string& text) { return text == "-" ? "--" : '$' + text + '$'; };
  std::string to = "% \\usepackage{booktabs}\n";
  for (const Comparison& c : comparisons) {
    const std::size_t names = std::max<std::size_t>(1, c.varied.size());
    to += fmt::format("% {}\n\\begin{{tabular}}{{{}{}rrrr}}\n\\toprule\n", c.what,
                      std::string(names, 'l'), c.by_nll ? "r" : "");
    for (const std::string& name : c.varied) to += latex_text(name) + " & ";
    if (c.varied.empty()) to += "model & ";
    to += fmt::format("{}ELBO & seeds & to the best & $p$ \\\\\n\\midrule\n",
                      c.by_nll ? "NLL & " : "");
    for (const SettingResult& r : c.results) {
      for (const std::string& value : r.values) to += latex_text(value) + " & ";
      if (c.varied.empty()) to += latex_text(r.name) + " & ";
      if (c.by_nll) to += math(with_spread(r.nll, "\\pm")) + " & ";
      const std::string p = short_p(r.over_seeds.p);
      to += fmt::format("{} & {} & {} & {} \\\\\n", math(with_spread(r.elbo, "\\pm")),
                        r.runs.size(), math(with_error(r.over_seeds, "\\pm")), math(p));
    }
    to += "\\bottomrule\n\\end{tabular}\n";
  }
  return to;
}

std::string by_elbo_because(std::span<const FinishedRun> runs) {
  std::set<std::string> kinds;
  std::size_t without = 0;
  for (const FinishedRun& r : runs) {
    const auto& e = r.evaluation;
    if (!e)
      ++without;
    else
      kinds.insert(fmt::format("{} particles{}{}", e->particles,
                               e->weights == "last" ? "" : ", " + e->weights + " weights",
                               e->whole ? "" : fmt::format(", {} examples", e->examples)));
  }
  if (kinds.empty() || (kinds.size() == 1 && !without && runs[0].evaluation->whole)) return "";
  std::string to = "by ELBO: the NLLs are ";
  if (without)
    to = fmt::format("by ELBO: {} of {} runs {} no NLL; the others' are ", without, runs.size(),
                     without == 1 ? "has" : "have");
  for (const std::string& kind : kinds) to += (kind == *kinds.begin() ? "of " : "; of ") + kind;
  return to;
}

std::string comparison_text(std::span<const Comparison> comparisons) {
  std::string to;
  char letter = 'A';
  bool examples = false;
  for (const Comparison& c : comparisons) {
    const std::string name = comparisons.size() > 1 ? fmt::format("{}: ", letter++) : "";
    to += fmt::format("{}{}\n", name, c.what);
    std::vector<FinishedRun> runs;
    for (const SettingResult& r : c.results) runs.insert(runs.end(), r.runs.begin(), r.runs.end());
    if (const std::string why = by_elbo_because(runs); !why.empty())
      to += fmt::format("  {}\n", why);
    to += fmt::format("  {:>9} {:>6} {:>9} {:>5}  {:>13} {:>7} {:>7} {:>7}\n", c.quantity(), "sd",
                      c.by_nll ? "ELBO" : "KL", "seeds", "to the best", "p", "± ex.", "p ex.");
    for (const SettingResult& r : c.results) {
      double kl = 0;
      for (const FinishedRun& run : r.runs) kl += run.kl / double(r.runs.size());
      const bool best = &r == &c.results[0];
      to += fmt::format("  {:>9} {:>6} {:>9} {:>5}  {:>13} {:>7} {:>7} {:>7}\n", two(c.of(r).mean),
                        deviation(c.of(r)), two(c.by_nll ? r.elbo.mean : kl), r.runs.size(),
                        best ? "best" : with_error(r.over_seeds, "±"), short_p(r.over_seeds.p),
                        two(r.over_examples.standard_error), short_p(r.over_examples.p));
      const bool unpaired = !best && !r.paired_by_seed && std::isfinite(r.over_seeds.p);
      to += indented(r.name + (unpaired ? " (other seeds: unpaired)" : ""), 12) + '\n';
      examples = examples || std::isfinite(r.over_examples.p);
    }
  }
  to +=
      "to the best: ± its standard error and p by Student's t over seeds, paired where\n"
      "they are the same; ex.: the same over test examples";
  to += examples ? ", of these weights\n" : ", where evaluate left each one's\n";
  return to;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
