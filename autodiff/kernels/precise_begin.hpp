// From here to precise_end.hpp Clang rounds every operation as written, whatever its options say. It
// has no macro for -fassociative-math and its like, so they cannot be refused; GCC's are (real.hpp).
#if defined(__clang__)
#pragma float_control(precise, on, push)
#pragma clang fp contract(off)
#endif
