// The tests of lanes.cpp, float against double.
#include "lanes.cpp"
