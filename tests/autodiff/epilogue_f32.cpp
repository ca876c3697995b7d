// The tests of epilogue.cpp on float: oneDNN, part by part.
#include "epilogue.cpp"
