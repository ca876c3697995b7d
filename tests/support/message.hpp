// The text of the Error that f throws; "(nothing was thrown)" when it returns.
#pragma once
#include <string>
#include <vaegrad/autodiff/error.hpp>

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const vaegrad::Error& e) {
    return e.what();
  }
  return "(nothing was thrown)";
}
