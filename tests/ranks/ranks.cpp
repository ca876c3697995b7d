// What ranks tell each other, and that what they compute together is what one would have.
#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <numeric>
#include <sstream>
#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/ranks/connection.hpp>
#include <vaegrad/lab/ranks/guard.hpp>
#include <vaegrad/lab/ranks/spread.hpp>
#include <vaegrad/lab/run/data_of_machine.hpp>
#include <vaegrad/lab/run/training/batch_parts.hpp>

namespace vaegrad {
namespace {

TEST_CASE("texts of any length reach everybody, in the order of the ranks") {
  Ranks& all = ranks();
  for (int round = 0; round < 20; ++round) {
    const auto text = [&](int r) {
      return std::string(std::size_t((r * 7 + round * 13) % 50), char('a' + r));
    };
    const std::vector<std::string> got = all.gather(text(all.rank()));
    REQUIRE(int(got.size()) == all.size());
    for (int r = 0; r < all.size(); ++r) CHECK(got[std::size_t(r)] == text(r));
    CHECK(all.broadcast(text(all.rank())) == text(0));
  }
}

TEST_CASE("what is exchanged arrives whole, in order, large and small") {
  Ranks& all = ranks();
  const int me = all.rank(), n = all.size();
  for (const std::size_t bytes : {1u, 1000u, 3000000u}) {
    std::vector<std::vector<std::byte>> out, in;
    std::vector<Ranks::Outgoing> to;
    std::vector<Ranks::Incoming> from;
    for (int k = 0; k < 2; ++k)
      for (int r = 0; r < n; ++r) {
        out.emplace_back(bytes, std::byte(1 + me * 16 + r * 2 + k));
        in.emplace_back(bytes);
      }
    for (std::size_t i = 0; i < out.size(); ++i)
      if (const int r = int(i) % n; r != me) {
        to.push_back({r, out[i]});
        from.push_back({r, in[i]});
      }
    const std::uint64_t before = all.bytes_sent();
    all.exchange(to, from);
    CHECK(all.bytes_sent() - before == bytes * to.size());
    for (std::size_t i = 0; i < in.size(); ++i)
      if (const int r = int(i) % n; r != me)
        CHECK(std::count(in[i].begin(), in[i].end(), std::byte(1 + r * 16 + me * 2 + int(i) / n)) ==
              std::ptrdiff_t(bytes));
  }
}

TEST_CASE("pieces of work are taken in order, whoever made them") {
  for (const std::size_t pieces : {0u, 1u, 7u, 40u}) {
    std::size_t next = 0, made = 0;
    double sum = 0;
    spread_over_ranks(
        pieces,
        [&](std::size_t i, std::vector<double>& to) {
          ++made;
          to.assign(i % 3, 1.0 / double(i + 1));  // some have no numbers
        },
        [&](std::size_t i, std::span<const double> numbers) {
          CHECK(i == next++);
          CHECK(numbers.size() == i % 3);
          for (double x : numbers) sum += x;
        });
    CHECK(next == pieces);
    double alone = 0;
    for (std::size_t i = 0; i < pieces; ++i)
      for (std::size_t k = 0; k < i % 3; ++k) alone += 1.0 / double(i + 1);
    CHECK(sum == alone);
    const std::size_t n = std::size_t(ranks().size());
    CHECK(made <= pieces / n + 1 + pieces % n);
  }
}

TEST_CASE("parts are dealt out whole: each once") {
  for (std::size_t parts : {1u, 2u, 4u, 8u})
    for (int n = 1; n <= 11; ++n) {
      std::size_t next = 0;
      for (int r = 0; r < n; ++r) {
        const BatchParts::Range mine = BatchParts::dealt_to(r, n, parts);
        if (mine.first == mine.end) continue;
        CHECK(mine.first == next);
        next = mine.end;
      }
      CHECK(next == parts);
    }
  CHECK(BatchParts::of_batch(20, 1) == 1);
  CHECK(BatchParts::of_batch(128, 1) == 2);
  CHECK(BatchParts::of_batch(512, 1) == 4);
  CHECK(BatchParts::of_batch(4096, 1) == 8);
  CHECK(BatchParts::of_batch(1 << 20, 1) == 64);
  CHECK(BatchParts::of_batch(4, 5000) == 1);  // a part of at least eight examples
}

// d/dw of Σ_n w · x_n, whose sum in float depends on the order: the tree's.
TEST_CASE("gradients of parts are added in the tree that the batch fixes, on any number of ranks") {
  for (const std::size_t parts : {1u, 2u, 4u, 8u}) {
    Parameters p, other;
    const Param w = p.add("w", {1, 1000}), v = other.add("v", {3, 7});
    std::vector<std::uint32_t> rows(67);
    std::iota(rows.begin(), rows.end(), 0u);
    const auto number = [](std::uint32_t row, Index j) {
      return Real(std::sin(double(row) * 12.9898 + double(j) * 78.233) * 1000);
    };
    BatchParts all({&p, &other});
    const std::uint64_t before = ranks().bytes_sent();
    all.backward(rows, parts, [&](std::size_t, Tape& tape, std::span<const std::uint32_t> some) {
      const Var x = tape.constant(Shape{Index(some.size()), 1000});
      for (Index i = 0; i < Index(some.size()); ++i)
        for (Index j = 0; j < 1000; ++j) x.val()(i, j) = number(some[std::size_t(i)], j);
      return sum(x * tape(w)) + double(some.size()) * sum(tape(v));
    });
    all.add();
    CHECK(ranks().bytes_sent() - before ==
          BatchParts::bytes_of_rank(std::size_t(p.size()), parts, ranks().size(), ranks().rank()) +
              BatchParts::bytes_of_rank(std::size_t(other.size()), parts, ranks().size(),
                                        ranks().rank()));
    // by hand: each part's own gradient on a tape of its own, then the tree
    std::vector<std::vector<Real>> leaves;
    for (std::size_t k = 0; k < parts; ++k) {
      Tape tape;
      Gradient own(p);
      tape.collect(p, own);
      const auto some = BatchParts::rows_of(rows, k, parts);
      const Var x = tape.constant(Shape{Index(some.size()), 1000});
      for (Index i = 0; i < Index(some.size()); ++i)
        for (Index j = 0; j < 1000; ++j) x.val()(i, j) = number(some[std::size_t(i)], j);
      own.zero();
      tape.backward(sum(x * tape(w)));
      leaves.emplace_back(own.values().begin(), own.values().end());
    }
    for (std::size_t step = 1; step < parts; step *= 2)
      for (std::size_t i = 0; i + step < parts; i += 2 * step)
        for (std::size_t j = 0; j < leaves[i].size(); ++j) leaves[i][j] += leaves[i + step][j];
    CHECK(std::memcmp(leaves[0].data(), p.gradient().data(), 1000 * sizeof(Real)) == 0);
    for (Real g : other.gradient(v)) CHECK(g == 67);
  }
}

TEST_CASE("a tape collects where it is told, and nowhere else") {
  Parameters p;
  const Param w = p.add("w", {1, 3});
  Tape tape;
  Gradient own(p);
  tape.collect(p, own);
  p.zero_gradient();
  own.zero();
  tape.backward(2.0 * sum(tape(w)));
  for (Real g : own.values()) CHECK((g == 2 || g == 0));  // zeros behind the three
  CHECK(own.value(w)(0, 2) == 2);
  CHECK(p.gradient(w)(0, 0) == 0);
  Parameters fewer, others;
  fewer.add("w", {1, 3});
  Gradient stale(fewer);
  others.add("w", {1, 3});
  CHECK_THROWS_WITH_AS(tape.collect(p, stale), doctest::Contains("other parameters"), Error);
}

TEST_CASE("data are read once on a machine, and seen by all of its ranks") {
  int reads = 0;
  const auto read = [&] {
    ++reads;
    auto grey = std::make_shared<Images>();
    grey->count = 5, grey->height = 2, grey->width = 3;
    for (int i = 0; i < 30; ++i) grey->bytes.push_back(std::uint8_t(i));
    grey->labels = {1, 2, 3, 4, 5};
    grey->note = "a note";
    auto real = std::make_shared<Images>();
    real->count = 2, real->height = 1, real->width = 3, real->values = {1, 2.5f, -3, 4, 5, 6};
    real->column_names = {"a", "b", "c"};
    DataSet data;
    data.name = "both";
    data.train = {Split::train, grey, {0, 2, 4}};
    data.validation = {Split::validation, grey, {1, 3}};
    data.test = {Split::test, real, {1}};
    data.checksums = {{"x.idx", std::string(64, 'f')}};
    data.dropped = {{7, "constant", 3.5f}};
    return data;
  };
  const DataSet data = read_once_per_machine(read);
  CHECK(reads == (ranks().first_on_machine() ? 1 : 0));
  CHECK(data.train.file == data.validation.file);
  CHECK(data.train.file->image(4)[5] == 29);
  CHECK(data.train.file->labels == std::vector<Label>{1, 2, 3, 4, 5});
  CHECK(data.train.file->note == "a note");
  CHECK(data.validation.rows == std::vector<std::uint32_t>{1, 3});
  CHECK(data.test.file->numbers(0)[2] == -3);
  CHECK(data.test.file->column_names[1] == "b");
  CHECK(data.checksums[0].sha256[63] == 'f');
  CHECK(data.dropped[0].value == 3.5f);
}

TEST_CASE("what must be the same is, or says which rank has another") {
  CHECK_NOTHROW(check_same_on_all_ranks("word", "one"));
  if (ranks().size() == 1) return;
  CHECK_THROWS_WITH_AS(check_same_on_all_ranks("word", ranks().rank() == 1 ? "another" : "one"),
                       doctest::Contains("rank 1 has another word than rank 0: another and one"),
                       Error);
}

// A stranger's words would end the job, or stand for a rank that never comes.
TEST_CASE("a guard listens to its own job alone") {
  if (!ranks().first()) return;
  Guard first(2);
  std::istringstream in(first.address());
  std::string host, secret;
  int port = 0;
  in >> host >> secret >> port;
  std::vector<int> strangers;
  for (const std::string& words : {std::string("h 1 nobody\0s\0", 14),
                                   std::string("hwrong 1 nobody\0", 16), std::string(3000, 'x')}) {
    strangers.push_back(connect_to("127.0.0.1", port));
    REQUIRE(strangers.back() >= 0);
    CHECK(::send(strangers.back(), words.data(), words.size(), MSG_NOSIGNAL) ==
          ssize_t(words.size()));
  }
  Guard second(1, first.address());
  CHECK_NOTHROW(first.begin());
  CHECK_NOTHROW(second.begin());
  CHECK(connect_to("127.0.0.1", port) == -1);  // nobody else comes in
  second.leave("");
  first.leave("");
  for (const int s : strangers) ::close(s);
}

}  // namespace
}  // namespace vaegrad
