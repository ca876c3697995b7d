// The tests of extremes.cpp in float.
#include "extremes.cpp"
