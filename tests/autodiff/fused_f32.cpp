// The tests of expression.cpp on float.
#include "expression.cpp"
