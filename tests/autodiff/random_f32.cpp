// The tests of random.cpp on float, against the same formulas in double.
#include "random.cpp"
