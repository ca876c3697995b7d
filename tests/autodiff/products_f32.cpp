// The tests of products.cpp on float: oneDNN against double loops.
#include "products.cpp"
