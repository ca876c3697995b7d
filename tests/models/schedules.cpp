#include <doctest/doctest.h>

#include <vaegrad/models/schedules.hpp>

using namespace vaegrad;

namespace {

// Of one row of the table, alone
double share(std::string_view name, double setting, double epochs, double total) {
  KlSettings s{};
  for (std::size_t i = 0; i < s.size(); ++i)
    if (kl_schedules[i].name == name) s[i] = setting;
  REQUIRE(s != KlSettings{});
  return kl_share(s, epochs, total);
}

}  // namespace

TEST_CASE("warm-up rises linearly and stays") {
  for (double epochs : {0.0, 1.0, 2.5, 4.0, 9.0})
    CHECK(share("warmup", 4, epochs, 10) == std::min(1.0, epochs / 4));
}

TEST_CASE("cycles rise over their first half, and all are alike") {
  for (double in_part : {0.0, 1.0, 2.5, 4.0})
    for (int part = 0; part < 4; ++part)
      CHECK(share("cycles", 4, 5 * part + in_part, 20) ==
            doctest::Approx(std::min(1.0, in_part / 2.5)));
  CHECK(kl_share({}, 3, 10) == 1);
}

TEST_CASE("cooling: a third above beta, a third on the way, a third at beta") {
  for (double epochs : {0.0, 3.0, 10.0}) CHECK(share("cooling", 8, epochs, 30) == 8);
  CHECK(share("cooling", 8, 15, 30) == doctest::Approx(std::sqrt(8.0)));
  CHECK(share("cooling", 8, 10 + 10 / 3.0, 30) == doctest::Approx(4));
  for (double epochs : {20.0, 25.0, 30.0}) CHECK(share("cooling", 8, epochs, 30) == 1);
}

TEST_CASE("learning rates: the stages of the importance weighted autoencoder's protocol") {
  // 3^i passes at {10, 7.2, 5.2, 3.7, 2.7, 1.9, 1.4, 1.0}e-4
  const double rates[] = {10, 7.2, 5.2, 3.7, 2.7, 1.9, 1.4, 1.0};
  double start = 0, length = 1;
  for (double rate : rates) {
    for (double epochs : {start, start + 0.999 * length})
      CHECK(std::abs(10 * rate_schedule("iwae").factor(epochs, 3280) - rate) <=
            0.05);  // as printed
    start += length, length *= 3;
  }
  CHECK(start == 3280);
  CHECK(rate_schedule("cosine").factor(0, 10) == 1);
  CHECK(rate_schedule("cosine").factor(5, 10) == doctest::Approx(0.5));
  CHECK(rate_schedule("cosine").factor(10, 10) == doctest::Approx(0));
  CHECK(rate_schedule("constant").factor(7, 10) == 1);
  for (const RateSchedule& row : rate_schedules)  // what halves on plateaus does nothing else
    CHECK(row.on_plateau == (std::string_view(row.name) == "plateau" ? 0.5 : 1));
  CHECK(rate_schedule("plateau").factor(7, 10) == 1);
  CHECK_THROWS_WITH_AS(rate_schedule("step"), doctest::Contains("one of constant, cosine, iwae"),
                       UsageError);
}
