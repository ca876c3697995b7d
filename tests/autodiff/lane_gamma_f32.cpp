// The tests of lane_gamma.cpp in float.
#include "lane_gamma.cpp"
