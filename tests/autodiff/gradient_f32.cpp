// The tests of gradient.cpp on float: oneDNN, a piece at a time.
#include "gradient.cpp"
