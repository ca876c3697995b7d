// The tests of convolution.cpp on float: oneDNN against its definition.
#include "convolution.cpp"
