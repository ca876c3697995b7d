# A header as doxygen is to see it: the filter of the API reference (Doxyfile).  awk -f cmake/reference.awk FILE
#
# Comments of this code base are plain //. Which name one documents is said by where it stands:
#   above a declaration, or behind it, its own;
#   above several without an empty line between them, those of all of them, in a class of those with the same name;
#   at the head of a file, also that of what it names (`Tape: ..`) or of the first declaration, where that has none;
#   of a class or an enumeration, also that of its data members, enumerators, constructors, comparison and accessors
#   (functions without arguments that are const) that have none.
# Any other name has none, and doxygen calls it undocumented.
#
# Not of the reference: the members of an op (a struct with a `static constexpr` name: op.hpp says what they are), what
# follows `// ---- internal` in a namespace or class, lines that enter ops in the catalogue, macros that are undefined
# again. A row of a table of functions (UNARY, BINARY, INFIX, REDUCTION) is a function, and its formula the comment.
# Lines stay where they are, so that numbers of lines are those of the header.

function trim(s) { sub(/^[ \t]+/, "", s); sub(/[ \t]+$/, "", s); return s }
function spaces(n) { return sprintf("%" n "s", "") }

# ---- text of a comment ----

function plain(s) {  # nothing in it means anything to doxygen, but names that it knows
  gsub(/\\/, "\\\\", s); gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
  gsub(/@/, "\\@", s); gsub(/#/, "\\#", s); gsub(/%/, "\\%", s); gsub(/\$/, "\\$", s)
  gsub(/\*/, "\\&lowast;", s)
  return s
}
function marked(s,  parts, n, k, out) {  # `code` stays code
  n = split(s, parts, "`")
  if (n % 2 == 0) return plain(s)
  for (k = 1; k <= n; ++k) out = out (k % 2 ? plain(parts[k]) : "<code>" plain(parts[k]) "</code>")
  gsub(/   +/, " \\&emsp; ", out)
  return out
}
# Lines of a comment, without //, as one line of doxygen's: a first sentence, and the rest
function comment(text,  lines, n, k, out, code, at, first) {
  n = split(text, lines, "\n")
  for (k = 1; k <= n; ++k) {
    if (lines[k] ~ /^  / && trim(lines[k]) != "") {
      out = out (code ? "<br>" : "<pre>") plain(substr(lines[k], 3)); code = 1
      continue
    }
    if (code) { out = out "</pre>"; code = 0 }
    out = out (trim(lines[k]) == "" ? "<p>" : " " marked(trim(lines[k])))
  }
  if (code) out = out "</pre>"
  out = trim(out)
  at = 0
  if (match(out, /(\. [A-Z`\\.]|<p>|<pre>)/)) at = RSTART
  first = at ? substr(out, 1, at - (substr(out, at, 1) == "<")) : out
  return "\\brief " first (at ? " \\details " substr(out, length(first) + 1) : "")
}

# ---- declarations ----

function without_template(s,  k, depth, c) {
  while (s ~ /^template *</) {
    depth = 0
    for (k = index(s, "<"); k <= length(s); ++k) {
      c = substr(s, k, 1)
      if (c == "<") ++depth
      if (c == ">" && !--depth) break
    }
    s = trim(substr(s, k + 1))
  }
  return s
}
function scope_kind(s) {  # of the { behind s: n(amespace), c(lass), e(num) or, a function's or a value's, b(ody)
  s = without_template(s)
  if (s ~ /^(inline )?namespace/ || s ~ /^extern "C"/) return "n"
  if (s ~ /^enum /) return "e"
  if (s ~ /^(class|struct|union)( |$)/ && s !~ /[=(]/) return "c"
  return "b"
}
function is_function(s,  k) {
  s = without_template(s)
  if (s ~ /operator/) return 1
  while (gsub(/<[^<>]*>/, "", s)) {}
  sub(/[={].*/, "", s)
  return s ~ /\(/ && s !~ /\(\*[A-Za-z_]*\)\(/ && s !~ /^(using|typedef|concept) /
}
function is_hidden(s) {
  s = without_template(s)
  return s ~ /^(class|struct) [A-Za-z_0-9]+ *;/ || s ~ /^static_assert/ || s ~ /^friend (class|struct) / ||
         s ~ /= *delete *;$/ || s ~ /^[A-Z][A-Za-z_0-9]*\([^()]*\) *->/ || s ~ /^[A-Z][A-Z_0-9]+\(/ ||
         s ~ /^[A-Za-z_0-9]+::~?[A-Za-z_0-9]+\(/ || s ~ /^using [A-Za-z_0-9:]+::[A-Za-z_0-9]+;$/
}
# Whether the comment of its class or enumeration is that of statement s
function said_by_parent(s,  t, class) {
  if (kind_of_parent(s) == "e") return 1
  t = what[s]; class = name[parent[s]]
  if (kinds[s] == "c") return t ~ /^(struct|union) *[{][}]/  # without a name, of some members
  if (!is_function(t)) return 1
  t = without_template(t); sub(/^(explicit |constexpr |inline |virtual )+/, "", t)
  return t ~ /^~/ || t ~ /operator=[ (]/ || t ~ /operator==/ || t ~ /\(\) const/ || index(t, class "(") == 1
}

function function_name(s) {
  s = without_template(s)
  if (s ~ /operator *[^ A-Za-z]/) return "operator"
  sub(/ *\(.*/, "", s); sub(/.*[ *&]/, "", s)
  return s
}
function kind_of_parent(s) { return parent[s] ? kinds[parent[s]] : "n" }

function open_statement(n, col) {
  statement = ++statements
  text = ""; parens = 0; body = 0
  parent[statement] = opener[depth]
  at_line[statement] = n; at_column[statement] = col; scope_of[statement] = depth
  if (block != "") group = block
  own[statement] = block != ""
  if (own[statement]) group_owner = statement
  owner[statement] = group_owner
  above[statement] = group
  behind[statement] = ""
  block = ""
  internal[statement] = hidden_from[depth]
}
function close_statement(n, col) {
  what[statement] = trim(text)
  end_line[statement] = n; end_column[statement] = col
  on_line[n] = on_line[n] " " statement
  if (is_hidden(what[statement])) group = ""
  statement = 0
}
function push_scope(kind, n, col) {
  ++depth
  kind_of[depth] = kind; opener[depth] = statement; hidden_from[depth] = hidden_from[depth - 1]
  head_of[statement] = trim(text); kinds[statement] = kind
  open_line[statement] = n; open_column[statement] = col
  on_line[n] = on_line[n] " " statement
  statement = 0; group = ""; block = ""
}

function parse(n,  s, k, c, rest, next_code, m) {
  s = line[n]; k = 1
  if (macro_goes_on) { macro_goes_on = s ~ /\\$/; return }
  rest = trim(s)
  if (!statement && !body) {
    if (rest == "") { block = group = ""; was_trailing = 0; return }
    if (rest ~ /^\/\/ clang-format/) { line[n] = ""; return }
    if (rest ~ /^\/\/ ----/) {
      hidden_from[depth] = rest ~ /^\/\/ ---- internal/
      line[n] = block = group = ""; return
    }
    if (rest ~ /^\/\//) {
      if (was_trailing && match(s, /[^ ]/) && RSTART > trailing_column + 2) {
        for (m = 1; m <= trailing_count; ++m) behind[trailing[m]] = behind[trailing[m]] "\n" substr(rest, 4)
      } else {
        if (n == 1) in_head = 1
        if (in_head) head = head (n == 1 ? "" : "\n") substr(rest, 4)
        else { block = block (block == "" ? "" : "\n") substr(rest, 4); group = "" }
        was_trailing = 0
      }
      line[n] = ""
      return
    }
    in_head = 0
    if (rest ~ /^#/) {
      macro_goes_on = s ~ /\\$/
      if (rest ~ /^# *define /) {
        macro = rest; sub(/^# *define +/, "", macro); match(macro, /^[A-Za-z_0-9]+/); macro = substr(macro, 1, RLENGTH)
        if (block != "") group = block
        if (macro in undefined || macro !~ /^VAEGRAD_/ || macro ~ /(_ROW|_)$/ || hidden_from[depth]) hide_macro[n] = 1
        else if (group != "") before[n] = "/** " comment(group) room " */ "
        block = ""
      }
      return
    }
    if (kind_of[depth] == "c" && rest ~ /^(public|private|protected):/) { block = group = ""; return }
  }
  was_trailing = 0
  for (; k <= length(s); ++k) {
    c = substr(s, k, 1)
    if (c == " " && !statement && !body) continue
    if (c == "/" && substr(s, k + 1, 1) == "/") { trailing_comment(n, k); break }
    if (c == "\"") {
      for (m = k + 1; m <= length(s) && substr(s, m, 1) != "\""; ++m) if (substr(s, m, 1) == "\\") ++m
      text = text "\"\""; k = m; continue
    }
    if (c == "'" && substr(s, k - 1, 1) !~ /[0-9a-f]/) {
      k = substr(s, k + 1, 1) == "\\" ? k + 3 : k + 2; text = text "' '"; continue
    }
    if (!statement) {
      if (c == "}") {  # of a namespace, class or enumeration
        statement = opener[depth]; text = head_of[statement] " {}"; parens = body = 0
        close_line[statement] = n; close_column[statement] = k
        block = group = ""; hidden_from[depth] = 0
        --depth
        group = above[statement]
        if (kinds[statement] == "n") { close_statement(n, k); group = "" }
        continue
      }
      if (c == ";") continue
      open_statement(n, k)
    }
    if (body) {
      if (c == "{") ++body
      if (c == "}" && !--body) {
        rest = substr(s, k + 1); sub(/\/\/.*/, "", rest); rest = trim(rest); next_code = substr(rest, 1, 1)
        for (m = n + 1; next_code == "" && m <= lines; ++m) {
          if (trim(line[m]) == "" || trim(line[m]) ~ /^\/\//) break
          next_code = substr(trim(line[m]), 1, 1); break
        }
        text = text "{}"
        if (parens == 0 && next_code !~ /[;,{()]/) close_statement(n, k)
        else if (kind_of[depth] == "e" && next_code == ",") {}
      }
      continue
    }
    if (c == "(" || c == "[") ++parens
    if (c == ")" || c == "]") --parens
    if (c == "{") {
      if (parens == 0) {
        rest = scope_kind(trim(text))
        if (rest != "b") { push_scope(rest, n, k); continue }
      }
      body = 1
      continue
    }
    if (c == "}" && kind_of[depth] == "e") { close_statement(n, k - 1); --k; continue }
    if (c == "," && parens == 0 && kind_of[depth] != "e") {
      rest = text
      while (gsub(/<[^<>]*>/, "", rest)) {}
      if (rest !~ /</) { m = ++commas[statement]; comma_line[statement, m] = n; comma_column[statement, m] = k }
    }
    text = text c
    if (parens == 0 && (c == ";" || (c == "," && kind_of[depth] == "e"))) close_statement(n, k)
    else if (parens == 0 && c == ")" && trim(text) ~ /^[A-Z][A-Z_0-9]+\(/) close_statement(n, k)
  }
  if (statement && !body) text = text " "
}
# Behind what ends, or opens its body, on this line
function trailing_comment(n, k,  said, some, m, count) {
  said = substr(line[n], k + 2); sub(/^ /, "", said)
  trailing_count = 0
  count = split(on_line[n], some, " "); some[0] = 0
  for (m = 1; m <= count; ++m) if (some[m] != some[m - 1]) trailing[++trailing_count] = some[m]
  if (statement && body && body_opens_on[statement] != n && trim(substr(line[n], 1, k - 1)) ~ /\{$/ && body == 1)
    trailing[++trailing_count] = statement
  if (!trailing_count) return
  for (m = 1; m <= trailing_count; ++m)
    behind[trailing[m]] = behind[trailing[m]] (behind[trailing[m]] == "" ? "" : "\n") said
  match(line[n], /[^ ]/); trailing_column = RSTART
  was_trailing = !statement
  line[n] = substr(line[n], 1, k - 1)
}

# ---- a row of a table of functions ----

function split_arguments(s, to,  k, c, d, n, part) {
  for (k = 1; k <= length(s); ++k) {
    c = substr(s, k, 1)
    if (c ~ /[({[]/) ++d
    if (c ~ /[)}\]]/) --d
    if (c == "," && !d) { to[++n] = trim(part); part = "" } else part = part c
  }
  to[++n] = trim(part)
  return n
}
function table_row(s, said,  a, n, kind) {
  kind = substr(s, 1, index(s, "(") - 1)
  s = substr(s, index(s, "(") + 1); sub(/\)[^)]*$/, "", s)
  n = split_arguments(s, a)
  if (kind == "UNARY")
    return "/** " comment("y = " a[4] ";   dy/dx = " a[5] ", entry by entry") room " */ template <class A> auto " a[1] "(const A &x);"
  if (kind == "BINARY")
    return "/** " comment("y = " a[6] ";   dy/da = " a[7] ", dy/db = " a[8] ", entry by entry; sizes are equal or 1") room \
           " */ template <class A, class B> auto " a[1] "(const A &a, const B &b);"
  if (kind == "INFIX")
    return "/** " comment("y = " a[7] ";   dy/da = " a[8] ", dy/db = " a[9] ", entry by entry; sizes are equal or 1") room \
           " */ template <class A, class B> auto operator" a[2] "(const A &a, const B &b);"
  if (kind == "REDUCTION") return "/** " comment(said) room " */ template <class A> Var " a[1] "(const A &a);"
  return ""
}

# ---- what comes out ----

function insert(n, col, s) {  # before that column of the line as it was
  inserted[n] = inserted[n] sprintf("%05d %06d ", col, ++insertions) s "\n"
}
function blank(l1, c1, l2, c2,  n, from, to) {
  for (n = l1; n <= l2; ++n) {
    from = n == l1 ? c1 : 1; to = n == l2 ? c2 : length(line[n])
    line[n] = substr(line[n], 1, from - 1) spaces(to - from + 1) substr(line[n], to + 1)
  }
}
function emit_line(n,  parts, k, m, j, t, s, col, out, done, hold) {
  s = line[n]
  m = split(inserted[n], parts, "\n") - 1
  for (k = 2; k <= m; ++k)
    for (j = k; j > 1 && parts[j] < parts[j - 1]; --j) { t = parts[j]; parts[j] = parts[j - 1]; parts[j - 1] = t }
  done = 0
  for (k = 1; k <= m; ++k) {
    col = substr(parts[k], 1, 5) + 0
    out = out substr(s, done + 1, col - 1 - done) substr(parts[k], 14)
    done = col - 1
  }
  print before[n] out substr(s, done + 1)
}

FNR == 1 {  # the room is the folder: autodiff, models_coding, lab_data_formats (cmake/reference.dox)
  room = FILENAME
  sub(/\/[^\/]*$/, "", room); match(room, /(autodiff|models|lab)(\/[a-z\/]*)?$/); room = substr(room, RSTART); gsub(/\//, "_", room)
  room = " \\ingroup " room
}
{ line[NR] = $0; if ($1 == "#undef") undefined[$2] = 1 }

END {
  silent = "/** \\brief <span class=\"said\"></span> */ "  # said by its class: nothing to be seen
  lines = NR; depth = 0; kind_of[0] = "n"; hidden_from[0] = 0
  for (n = 1; n <= lines; ++n) parse(n)
  if (match(head, /^[A-Z][A-Za-z]*:/)) named_in_head = substr(head, 1, RLENGTH - 1)
  if (head != "") before[1] = "/** \\file " FILENAME " " comment(head) room " */"
  for (s = 1; s <= statements; ++s) {
    t = what[s]; d = scope_of[s]
    if (t ~ /^static constexpr (auto|const char\*) name/ && d > 0) op[parent[s]] = 1
  }
  for (s = 1; s <= statements; ++s) {
    t = what[s]
    if (kinds[s] == "n") {
      if (line[open_line[s]] ~ /inline VAEGRAD_ABI/) sub(/::inline VAEGRAD_ABI/, "", line[open_line[s]])
      continue
    }
    if (t ~ /^(UNARY|BINARY|INFIX|REDUCTION)\(/) {
      row = table_row(substr(line[at_line[s]], at_column[s]), behind[s])
      blank(at_line[s], at_column[s], end_line[s], end_column[s])
      insert(at_line[s], at_column[s], row)
      continue
    }
    if (internal[s] || is_hidden(t) || hidden[parent[s]]) {
      hidden[s] = 1
      if (!hidden[parent[s]]) blank(at_line[s], at_column[s], end_line[s], end_column[s])
      continue
    }
    if (op[s]) {
      insert(open_line[s], open_column[s] + 1, " /** \\cond */")
      insert(close_line[s], close_column[s], "/** \\endcond */ ")
    }
    if (kinds[s] == "c" || kinds[s] == "e") {
      name[s] = without_template(head_of[s]); sub(/^(class|struct|union|enum class|enum) /, "", name[s]); sub(/[ :].*/, "", name[s])
    }
    said = above[s]
    if (kind_of_parent(s) == "c" && !own[s] && (!is_function(t) || function_name(t) != function_name(what[owner[s]]))) said = ""
    if (behind[s] != "") said = (said != "" && (own[s] || is_function(t))) ? said "\n\n" behind[s] : behind[s]
    if (said == "" && head != "" && (named_in_head ? name[s] == named_in_head : !seen++)) said = head
    seen = 1
    if (said != "") doc = "/** " comment(said) (kind_of_parent(s) == "n" ? room : "") " */ "
    else if (documented[parent[s]] && said_by_parent(s)) doc = silent
    else if (without_template(t) ~ /^concept /) doc = "/** \\brief \\concept_without_words */ "  # of which doxygen says nothing
    else doc = ""
    documented[s] = doc != ""
    insert(at_line[s], at_column[s], doc)
    if (kinds[s] ~ /[ce]/ && t !~ /[{][}] *;$/ && doc != "") insert(close_line[s], close_column[s] + 1, silent)  # struct { .. } x;
    if (kinds[s] != "") doc = silent
    for (k = 1; !is_function(t) && k <= commas[s]; ++k) insert(comma_line[s, k], comma_column[s, k] + 1, doc)
  }
  for (n = 1; n <= lines; ++n) {
    if (hide_macro[n]) { for (m = n; line[m] ~ /\\$/; ++m) line[m] = ""; line[m] = "" }
    emit_line(n)
  }
}
