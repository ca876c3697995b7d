// The tests of likelihoods.cpp in float.
#include "likelihoods.cpp"
