#pragma once
#include <string>
#include <vector>

// What a formula is made of, and where its lines may break.
namespace vaegrad::latex {

// Whether a line may break before a part. What is too wide is broken at its wide spaces; a piece that
// is still too wide, before its relations; and one that is too wide even so, before a sum's terms.
enum class Break { no, term, relation };

struct Part {
  std::string html;
  bool limits = false;    // its scripts go above and below in a display
  bool function = false;  // a name: a little space before what is not a bracket
  bool opens = false;     // a bracket
  Break before = Break::no;
  bool closes = false;  // a bracket
  std::string words{};  // a text of several words: its lines break as those of a paragraph
  std::string wide{};   // a \quad: the class that keeps the next piece of a line apart
};

Part mo(const std::string& c, const std::string& attributes = "");
Part fence(const std::string& c);
Part opening(const std::string& c);
Part closing(const std::string& c);
Part signed_by(const std::string& c);
Part text(const std::string& words);
std::string upright(const std::string& word);

// A little space between them: u tanh(w), log p
bool apart(const Part& left, const Part& right);

// One or several <math> and words; in a display a <span> for each piece between wide spaces, and in it
// a <span> for each that begins with a relation.
std::string in_lines(const std::vector<Part>& parts, bool display);

}  // namespace vaegrad::latex
