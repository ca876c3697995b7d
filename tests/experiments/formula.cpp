// The book's formulas: what LaTeX becomes in MathML, and what is refused.
#include <doctest/doctest.h>
#include <book/formula.hpp>

#include <vaegrad/autodiff/error.hpp>

using namespace vaegrad;

namespace {

std::string inside(const std::string& latex) {  // of the only <math>
  const std::string html = render_formula(latex, false).html;
  const std::string begin = "<math><mrow>", end = "</mrow></math>";
  REQUIRE(html.starts_with(begin));
  REQUIRE(html.find("<wbr>") == std::string::npos);
  return html.substr(begin.size(), html.size() - begin.size() - end.size());
}

std::string refused(const std::string& latex) {
  try {
    render_formula(latex, true);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("letters, numbers and scripts") {
  CHECK(inside("x") == "<mi>x</mi>");
  CHECK(inside("\\sigma^2") == "<msup><mi>σ</mi><mrow><mn>2</mn></mrow></msup>");
  CHECK(inside("x_{12}") == "<msub><mi>x</mi><mrow><mrow><mn>12</mn></mrow></mrow></msub>");
  CHECK(inside("x_12") == "<msub><mi>x</mi><mrow><mn>1</mn></mrow></msub><mn>2</mn>");
  CHECK(inside("0.25") == "<mn>0.25</mn>");
  CHECK(inside("\\operatorname{KL}") == "<mi>KL</mi>");
  CHECK(inside("\\mathbb{E}") == "<mi mathvariant=\"normal\">𝔼</mi>");
  CHECK(inside("\\bar v") ==
        "<mover accent=\"true\"><mi>v</mi><mo stretchy=\"false\">¯</mo></mover>");
}

TEST_CASE("fractions and sums") {
  CHECK(inside("\\frac12") == "<mfrac><mn>1</mn><mn>2</mn></mfrac>");
  CHECK(inside("\\sum_j") ==
        "<munder><mo movablelimits=\"true\">∑</mo><mrow><mi>j</mi></mrow></munder>");
  CHECK(inside("\\int_0^1").starts_with("<msubsup><mo>∫</mo>"));
}

TEST_CASE("a sign is no subtraction") {
  CHECK(inside("-x").find("form=\"prefix\"") != std::string::npos);
  CHECK(inside("(-x)").find("form=\"prefix\"") != std::string::npos);
  CHECK(inside("y-x").find("form=\"prefix\"") == std::string::npos);
}

TEST_CASE("a long formula may break before its relations, and nowhere in a bracket") {
  const auto made = render_formula("a = \\left(b = c\\right) \\le d \\tag{4.1}", true);
  CHECK(made.tag == "4.1");
  std::size_t breaks = 0;
  for (std::size_t i = 0; (i = made.html.find("<wbr>", i)) != std::string::npos; ++i) ++breaks;
  CHECK(breaks == 2);
  CHECK(made.html.find("displaystyle=\"true\"") != std::string::npos);
}

TEST_CASE("a piece that is too wide breaks before a term and between words, and in no bracket") {
  const auto html = [](const char* latex) { return render_formula(latex, true).html; };
  CHECK(
      html("a = b + (c - d)").find("<wbr><math displaystyle=\"true\"><mrow><mo form=\"infix\">+") !=
      std::string::npos);
  CHECK(
      html("a = b + (c - d)").find("<wbr><math displaystyle=\"true\"><mrow><mo form=\"infix\">−") ==
      std::string::npos);
  CHECK(html("a \\quad\\text{for each } x").find("<span class=\"quad\"><span>for each <math") !=
        std::string::npos);
  CHECK(html("-\\text{size of } x").find("&#8288;size of <math") != std::string::npos);
  CHECK(html("P(\\text{it is right})").find("<mtext>it is right</mtext>") != std::string::npos);
  CHECK(inside("D = 1").find("<mo form=\"infix\">=</mo>") != std::string::npos);  // in one piece
  CHECK(render_formula("\\log p(x) = \\log p(z) + 1", false).html.find("<wbr>") !=
        std::string::npos);
}

TEST_CASE("spaces: none about the bars of a norm, one where a text ends with it") {
  CHECK(inside("|a|").starts_with("<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">|</mo>"));
  CHECK(inside("\\text{average of } x").starts_with("<mtext>average of\u00A0</mtext>"));
  CHECK(inside("\\left(a\\right) - b").find("form=\"prefix\"") == std::string::npos);
}

TEST_CASE("a name has a little space on both sides, but at a bracket or a sign") {
  const std::string space = "<mspace width=\"0.17em\"></mspace>";
  CHECK(inside("u\\tanh w") == "<mi>u</mi>" + space + "<mi>tanh</mi>" + space + "<mi>w</mi>");
  CHECK(inside("\\tanh(w)").find(space) == std::string::npos);
  CHECK(inside("-\\log(w)").find(space) == std::string::npos);
  CHECK(inside("(\\log(w))").find(space) == std::string::npos);
}

TEST_CASE("text is escaped") {
  CHECK(inside("\\text{ELBO}") == "<mi>ELBO</mi>");
  CHECK(inside("\\text{a < b}") == "<mtext>a &lt; b</mtext>");
  CHECK(inside("\\text{平均}") == "<mtext>平均</mtext>");
}

TEST_CASE("what is not known is refused by name") {
  CHECK(refused("\\oiint x").find("there is no \\oiint") != std::string::npos);
  CHECK(refused("\\frac{1}{2").find("is missing") != std::string::npos);
  CHECK(refused("\\text{a").find("not closed") != std::string::npos);
  CHECK(refused("a }").find("closes nothing") != std::string::npos);
  CHECK(refused("\\begin{align} a \\end{align}").find("no environment align") != std::string::npos);
  CHECK(refused("x^").find("missing at its end") != std::string::npos);
}
