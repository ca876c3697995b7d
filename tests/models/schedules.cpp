#include <doctest/doctest.h>

#include <vaegrad/models/schedules.hpp>

using namespace vaegrad;

TEST_CASE("warm-up rises linearly and stays") {
  const KlSchedule s{.warmup = 4};
  for (double epochs : {0.0, 1.0, 2.5, 4.0, 9.0}) CHECK(s.at(epochs, 10) == std::min(1.0, epochs / 4));
}

TEST_CASE("cycles rise over their first half, and all are alike") {
  const KlSchedule s{.cycles = 4};
  for (double in_part : {0.0, 1.0, 2.5, 4.0})
    for (int part = 0; part < 4; ++part)
      CHECK(s.at(5 * part + in_part, 20) == doctest::Approx(std::min(1.0, in_part / 2.5)));
  CHECK(KlSchedule{}.at(3, 10) == 1);
}

TEST_CASE("learning rates: the stages of the importance weighted autoencoder's protocol") {
  // 3^i passes at {10, 7.2, 5.2, 3.7, 2.7, 1.9, 1.4, 1.0}e-4
  const double rates[] = {10, 7.2, 5.2, 3.7, 2.7, 1.9, 1.4, 1.0};
  double start = 0, length = 1;
  for (double rate : rates) {
    for (double epochs : {start, start + 0.999 * length})
      CHECK(std::abs(10 * rate_factor(RateSchedule::iwae, epochs, 3280) - rate) <= 0.05);  // as printed
    start += length, length *= 3;
  }
  CHECK(start == 3280);
  CHECK(rate_factor(RateSchedule::cosine, 0, 10) == 1);
  CHECK(rate_factor(RateSchedule::cosine, 5, 10) == doctest::Approx(0.5));
  CHECK(rate_factor(RateSchedule::cosine, 10, 10) == doctest::Approx(0));
  CHECK(rate_factor(RateSchedule::constant, 7, 10) == 1);
}
