// What a sweep is compared by: a grid of settings, means and tests over seeds against numbers that
// were calculated by hand, and the rows of published numbers.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/uses/studies/comparison.hpp>
#include <vaegrad/lab/uses/studies/grid.hpp>
#include <vaegrad/lab/uses/studies/reproduction.hpp>
#include <vaegrad/lab/uses/studies/trade_offs.hpp>

#include "../folder.hpp"

using namespace vaegrad;

namespace {

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

// A run's folder as compare reads it.
void write_run(const std::filesystem::path& folder, int latent, int seed, double elbo,
               const std::string& data = "fashion-mnist",
               const std::map<std::string, std::string>& more = {}) {
  std::filesystem::create_directories(folder);
  nlohmann::json json;
  json["settings"] = {
      {"data", data},    {"binarize", "sample"},         {"latent", std::to_string(latent)},
      {"hidden", "400"}, {"seed", std::to_string(seed)}, {"network", "mlp"}};
  for (const auto& [name, value] : more) json["settings"][name] = value;
  json["data_sha256"] = {{"file", "abc"}};
  json["test_examples"] = 4;
  json["test_elbo"] = elbo, json["test_log_likelihood"] = elbo + 5, json["test_kl"] = 5;
  json["final"] = {{"epoch", 2}};
  write_atomically(folder / "summary.json", std::string_view(json.dump()));
  write_atomically(folder / "config.ini", std::string_view("epochs = 2\n"));
}
void write_evaluation(const std::filesystem::path& folder, std::vector<double> nll, int particles) {
  double mean = 0;
  std::string csv = "example,elbo,nll\n";
  for (std::size_t i = 0; i < nll.size(); ++i) {
    mean += nll[i] / double(nll.size());
    csv += concat(i, ",0,", nll[i], '\n');
  }
  const nlohmann::json json = {{"nll", mean},
                               {"nll_standard_error", 0.1},
                               {"examples", nll.size()},
                               {"particles", particles},
                               {"weights", "last"}};
  write_atomically(folder / "evaluation.csv", std::string_view(csv));
  write_atomically(folder / "evaluation.json", std::string_view(json.dump()));
}

std::vector<FinishedRun> read_all(const std::filesystem::path& folder) {
  std::vector<FinishedRun> runs;
  for (const auto& run : runs_in(folder)) runs.push_back(read_finished_run(run));
  return runs;
}

}  // namespace

TEST_CASE("paired and unpaired differences, by hand") {
  const std::vector<double> a = {1, 2, 4}, b = {0, 2, 1};
  // differences 1, 0, 3: mean 4/3, variance 7/3, standard error √7/3, t = 4/√7 with 2 degrees:
  // p = 1 − t/√(2 + t²)
  const Difference d = paired_difference(a, b);
  CHECK(d.mean == doctest::Approx(4.0 / 3));
  CHECK(d.standard_error == doctest::Approx(std::sqrt(7.0) / 3));
  const double t = 4 / std::sqrt(7.0);
  CHECK(d.p == doctest::Approx(1 - t / std::sqrt(2 + t * t)));
  // variances 7/3 and 1; v = 7/9, w = 1/3; degrees (10/9)² / ((49/81 + 9/81) / 2) = 100/29
  const Difference w = unpaired_difference(a, b);
  CHECK(w.mean == doctest::Approx(4.0 / 3));
  CHECK(w.standard_error == doctest::Approx(std::sqrt(10.0 / 9)));
  CHECK(w.degrees == doctest::Approx(100.0 / 29));
  // a number alone says nothing of a spread
  const std::vector<double> one = {3}, other = {1};
  CHECK(paired_difference(one, other).mean == 2);
  CHECK(std::isnan(paired_difference(one, other).p));
  CHECK(std::isnan(unpaired_difference(one, other).standard_error));
}

TEST_CASE("three settings and three seeds, by hand") {
  const Folder folder;
  const double elbos[3][3] = {{-110, -112, -111}, {-100, -103, -101}, {-101, -105, -100}};
  const int latents[] = {2, 20, 50};
  for (std::size_t i = 0; i < 3; ++i)
    for (int seed = 1; seed <= 3; ++seed)
      write_run(folder / concat("latent-", latents[i], "_seed-", seed), latents[i], seed,
                elbos[i][seed - 1]);
  const auto all = compare_by_setting(read_all(folder.path));
  REQUIRE(all.size() == 1);
  const Comparison& c = all[0];
  CHECK(c.varied == std::vector<std::string>{"latent"});
  CHECK(!c.by_nll);
  REQUIRE(c.results.size() == 3);
  CHECK(c.results[0].name == "latent=20");  // −304/3, −102, −111
  CHECK(c.results[1].name == "latent=50");
  CHECK(c.results[2].name == "latent=2");
  CHECK(c.results[0].elbo.mean == doctest::Approx(-304.0 / 3));
  CHECK(c.results[0].elbo.deviation == doctest::Approx(std::sqrt(7.0 / 3)));
  CHECK(c.results[1].elbo.deviation == doctest::Approx(std::sqrt(7.0)));
  CHECK(c.results[0].elbo.count == 3);
  // latent=50: differences 1, 2, −1: mean 2/3, variance 7/3, standard error √7/3
  const Difference& d = c.results[1].over_seeds;
  CHECK(c.results[1].paired_by_seed);
  CHECK(d.mean == doctest::Approx(2.0 / 3));
  CHECK(d.standard_error == doctest::Approx(std::sqrt(7.0) / 3));
  const double t = 2 / std::sqrt(7.0);
  CHECK(d.p == doctest::Approx(1 - t / std::sqrt(2 + t * t)));
  CHECK(comparison_markdown(all).find("| 50 | -102.00 ± 2.65 | 3 | 0.67 ± 0.88 | 0.529 |") !=
        std::string::npos);
  CHECK(comparison_latex(all).find("20 & $-101.33 \\pm 1.53$ & 3 & -- & -- \\\\") !=
        std::string::npos);
  CHECK(comparison_csv(all).find(",latent=50,1 2 3,-102,2.64575131,,,ELBO,0.666666667,"
                                 "0.881917104,paired by seed,") != std::string::npos);
}

TEST_CASE("ranked by NLL where all were evaluated alike, and tested over examples") {
  const Folder folder;
  write_run(folder / "a", 2, 1, -100);
  write_run(folder / "b", 20, 1, -101);
  write_evaluation(folder / "a", {90, 92, 91, 95}, 50);
  write_evaluation(folder / "b", {89, 92, 89, 92}, 50);
  auto all = compare_by_setting(read_all(folder.path));
  REQUIRE(all.size() == 1);
  CHECK(all[0].by_nll);
  CHECK(all[0].results[0].name == "latent=20");  // a worse ELBO, a better NLL
  CHECK(all[0].results[0].nll.mean == doctest::Approx(90.5));
  // differences 1, 0, 2, 3: mean 1.5, variance 5/3
  const Difference& d = all[0].results[1].over_examples;
  CHECK(d.mean == doctest::Approx(1.5));
  CHECK(d.standard_error == doctest::Approx(std::sqrt(5.0 / 12)));
  CHECK(std::isnan(all[0].results[1].over_seeds.p));  // one seed each

  write_evaluation(folder / "b", {89, 92, 89, 92}, 5000);  // of other particles: no ranking by it
  all = compare_by_setting(read_all(folder.path));
  CHECK(!all[0].by_nll);
  CHECK(all[0].results[0].name == "latent=2");
  CHECK(comparison_text(all).find("by ELBO: the NLLs are of 50 particles; of 5000 particles") !=
        std::string::npos);
  write_evaluation(folder / "b", {89, 92, 89}, 50);  // nor of some of the examples
  CHECK(!compare_by_setting(read_all(folder.path))[0].by_nll);
  std::filesystem::remove(folder / "b" / "evaluation.json");
  CHECK(comparison_text(compare_by_setting(read_all(folder.path)))
            .find("by ELBO: 1 of 2 runs has no NLL") != std::string::npos);
}

TEST_CASE("over examples: nothing is said where one seed has not left its own, whichever it is") {
  for (const int missing : {1, 2}) {
    const Folder folder;
    for (int seed = 1; seed <= 2; ++seed) {
      write_run(folder / concat("a", seed), 2, seed, -100);
      write_run(folder / concat("b", seed), 20, seed, -101);
      write_evaluation(folder / concat("a", seed), {90, 92, 91, 95}, 50);
      write_evaluation(folder / concat("b", seed), {91, 93, 93, 96}, 50);
    }
    CHECK(compare_by_setting(read_all(folder.path))[0].results[1].over_examples.mean ==
          doctest::Approx(1.25));
    std::filesystem::remove(folder / concat("a", missing) / "evaluation.csv");
    const auto all = compare_by_setting(read_all(folder.path));
    CHECK(all[0].by_nll);
    CHECK(std::isnan(all[0].results[1].over_examples.p));
  }
}

TEST_CASE("a setting and seed that are there twice count once") {
  const Folder folder;
  for (int seed = 1; seed <= 3; ++seed) {
    write_run(folder / concat("a", seed), 2, seed, -100 - seed);
    write_run(folder / concat("again", seed), 2, seed, -100 - seed);
  }
  const auto all = compare_by_setting(read_all(folder.path));
  REQUIRE(all.size() == 1);
  CHECK(all[0].results[0].elbo.count == 3);
  CHECK(all[0].repeated.size() == 3);
  CHECK(all[0].repeated[0] == folder / "again1");
  const auto grid = [](const char* vary, std::vector<std::string> base) {
    return error_of(
        [&] { plan_grid(base, std::vector{parse_varied(vary)}, parse_seeds("1"), "out"); });
  };
  CHECK(grid("latent=2,02", {"--data", "mnist"}).find("one and the same") != std::string::npos);
  CHECK(grid("latent=2,3", {"--data", "mnist"}) == "");
}

TEST_CASE("other seeds are not paired, and of other drawn pixels no test over examples is made") {
  for (const char* binarize : {"sample", "threshold"}) {
    const Folder folder;
    for (int seed = 1; seed <= 3; ++seed) {
      write_run(folder / concat("a", seed), 2, seed, -100 - seed, "mnist",
                {{"binarize", binarize}});
      write_run(folder / concat("b", seed), 20, seed + 1, -110 - 2 * seed, "mnist",
                {{"binarize", binarize}});
      write_evaluation(folder / concat("a", seed), {90, 92, 91, 95}, 50);
      write_evaluation(folder / concat("b", seed), {91, 93, 93, 96}, 50);
    }
    const auto all = compare_by_setting(read_all(folder.path));
    REQUIRE(all.size() == 1);
    const SettingResult& r = all[0].results[1];
    CHECK(!r.paired_by_seed);
    CHECK(std::isnan(r.over_examples.p) == (std::string(binarize) == "sample"));
    std::filesystem::remove(folder / "a1" / "evaluation.json");
    const auto by_elbo = compare_by_setting(read_all(folder.path));
    // -101, -102, -103 and -112, -114, -116: variances 1 and 4, standard error sqrt(5/3)
    const Difference& d = by_elbo[0].results[1].over_seeds;
    CHECK(d.mean == doctest::Approx(12));
    CHECK(d.standard_error == doctest::Approx(std::sqrt(5.0 / 3)));
    CHECK(comparison_text(by_elbo).find("latent=20 (other seeds: unpaired)") != std::string::npos);
    CHECK(comparison_csv(by_elbo).find(",unpaired,") != std::string::npos);
  }
}

TEST_CASE(
    "tables: escapes of CSV, Markdown and LaTeX, lines of a terminal, what is kept is no setting") {
  const Folder folder;
  const std::map<std::string, std::string> odd = {{"network", "a_b|c"}, {"hidden", "400,200"}};
  write_run(folder / "a", 2, 1, -100, "mnist", {{"checkpoint-every", "5"}, {"keep", "checkpoint"}});
  write_run(folder / "b", 2, 1, -101, "mnist", odd);
  auto all = compare_by_setting(read_all(folder.path));
  REQUIRE(all.size() == 1);
  CHECK(all[0].varied == std::vector<std::string>{"hidden", "network"});
  CHECK(comparison_csv(all).find(",\"hidden=400,200 network=a_b|c\",") != std::string::npos);
  CHECK(comparison_markdown(all).find("| 400,200 | a_b\\|c |") != std::string::npos);
  CHECK(comparison_latex(all).find("400,200 & a\\_b|c & ") != std::string::npos);
  all[0].results[1].name = std::string(60, 'x') + ' ' + std::string(7, 'y') + ' ' + "z end";
  const std::string text = comparison_text(all), indent = '\n' + std::string(12, ' ');
  CHECK(text.find(indent + std::string(60, 'x') + ' ' + std::string(7, 'y') + indent + "z end\n") !=
        std::string::npos);
}

TEST_CASE("what does not compare stands apart") {
  const Folder folder;
  write_run(folder / "a", 2, 1, -100);
  write_run(folder / "b", 2, 1, -50, "mnist");
  CHECK(compare_by_setting(read_all(folder.path)).size() == 2);
  const std::pair<const char*, const char*> others[] = {
      {"resize", "14"}, {"classes", "0,1"}, {"drop-columns", "2"}, {"drop-constant", "true"}};
  for (const auto& [name, value] : others) {
    const Folder two;
    write_run(two / "a", 2, 1, -100);
    write_run(two / "b", 2, 1, -50, "fashion-mnist", {{name, value}});
    CHECK(compare_by_setting(read_all(two.path)).size() == 2);
  }
  // a file that is split by the seed: averages over the same seeds compare, others do not
  const Folder split;
  for (int seed = 1; seed <= 2; ++seed) {
    write_run(split / concat("a", seed), 2, seed, -100, "./own.idx");
    write_run(split / concat("b", seed), 20, seed, -90, "./own.idx");
  }
  CHECK(compare_by_setting(read_all(split.path)).size() == 1);
  write_run(split / "b3", 20, 3, -90, "./own.idx");
  CHECK(compare_by_setting(read_all(split.path)).size() == 2);
}

TEST_CASE("a setting is named by what its objective heeds, the objective first") {
  const Folder folder;
  write_run(folder / "a", 2, 1, -100, "mnist", {{"objective", "beta"}, {"beta", "4"}});
  write_run(folder / "b", 2, 1, -101, "mnist", {{"objective", "tc"}, {"tc-weight", "3"}});
  std::filesystem::create_directories(folder /
                                      "sweep");  // runs of a sweep in the folder are its own
  write_atomically(folder / "sweep" / "sweep.json", std::string_view("{}"));
  write_run(folder / "sweep" / "c", 2, 1, -102, "mnist", {{"objective", "dip-1"}});
  const auto all = compare_by_setting(read_all(folder.path));
  REQUIRE(all.size() == 1);
  CHECK(all[0].varied == std::vector<std::string>{"objective", "beta", "tc-weight"});
  REQUIRE(all[0].results.size() == 3);
  CHECK(all[0].results[0].name == "objective=beta beta=4");
  CHECK(all[0].results[1].name == "objective=tc tc-weight=3");
  CHECK(all[0].results[2].name == "objective=dip-1");
  CHECK(all[0].results[0].values == std::vector<std::string>{"beta", "4", ""});
}

TEST_CASE("a Pareto front, by hand") {
  const auto front = [](std::vector<Outcome> of) { return pareto_front(of); };
  using Places = std::vector<std::size_t>;
  // (1, 1) and (3, 3) trade; (2, 1) costs more for as much, (3, 2) is worth less for as much
  CHECK(front({{3, 3}, {2, 1}, {1, 1}, {3, 2}}) == Places{2, 0});
  CHECK(front({{1, 2}, {2, 1}, {3, 0}}) == Places{0});
  CHECK(front({{NAN, 9}, {1, NAN}, {2, 1}}) == Places{2});
  CHECK(front({{1, 1}, {1, 1}}).size() == 1);
  CHECK(front({}).empty());
}

TEST_CASE("a grid: every combination, named by what varies") {
  const std::vector<Varied> varied = {parse_varied("objective=elbo,iwae"),
                                      parse_varied("hidden=400;400,200")};
  CHECK(varied[1].values == std::vector<std::string>{"400", "400,200"});
  CHECK(parse_seeds("1..3") == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(parse_seeds("7,2") == std::vector<std::uint64_t>{7, 2});
  const auto runs =
      plan_grid({"--data", "mnist", "--binarize", "sample"}, varied, parse_seeds("1..3"), "out");
  REQUIRE(runs.size() == 12);
  CHECK(runs[0].name == "objective-elbo_hidden-400_seed-1");
  CHECK(runs[11].name == "objective-iwae_hidden-400-200_seed-3");
  CHECK(runs[11].settings.hidden == std::vector<std::ptrdiff_t>{400, 200});
  CHECK(runs[11].settings.objective == "iwae");
  CHECK(runs[11].settings.seed == 3);
  CHECK(error_of([] { parse_varied("seed=1,2"); }).find("--seeds 1..3") != std::string::npos);
  CHECK(error_of([] { parse_varied("latent=2,2"); }).find("twice") != std::string::npos);
  CHECK(error_of([] {  // what train would say of one of them
          plan_grid(
              {"--data", "mnist"},
              std::vector{parse_varied("posterior=gaussian,planar"), parse_varied("flows=4,8")},
              parse_seeds("1"), "out");
        })
            .find("--flows 8 would be ignored") != std::string::npos);
}

TEST_CASE("published rows: read, checked against results, written") {
  const Folder folder;
  write_atomically(folder / "rows.ini",
                   std::string_view("[a]\npaper = P\ntable = 1\nquantity = nll\npublished = 90.5\n"
                                    "tolerance = 0.5\nprotocol = --data mnist --binarize sample\n"
                                    "hours = 0.1\n"));
  const auto rows = read_published_rows(folder / "rows.ini");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].protocol.size() == 4);
  CHECK(within_tolerance(rows[0], 91.0));
  CHECK(!within_tolerance(rows[0], 91.02));
  CHECK(!within_tolerance(rows[0], 89.9));
  std::vector<RowResult> results = {
      {"a", 1, 90.8, 0.01, 4.25, 0.2, 10, "abc", rows[0].checksum()},
      {"a", 2, 91.0, 0.02, std::nan(""), 0.2, 10, "abc", rows[0].checksum()},
      {"a", 3, 50.0, 0.02, 4, 0.2, 10, "abc", "of another protocol"}};
  write_row_results(folder / "results.csv", results);
  const auto again = read_row_results(folder / "results.csv");
  REQUIRE(again.size() == 3);
  CHECK(again[1].value == doctest::Approx(91.0));
  CHECK(again[0].effective_sample_size == 4.25);
  CHECK(std::isnan(again[1].effective_sample_size));
  CHECK(results_of(rows[0], again).size() == 2);
  const std::string table = reproduction_table(rows, again);
  CHECK(table.find("1 of 1 rows are measured; of the 1 of them that have a published number 1 are "
                   "within the tolerance, 0 better by more, none worse by more") !=
        std::string::npos);
  const RowResult ahead{"a", 1, 89.9, 0.01, 4, 0.2, 10, "abc", rows[0].checksum()};
  CHECK(reproduction_table(rows, std::span(&ahead, 1)).find("0 are within the tolerance, 1 ") !=
        std::string::npos);
  const RowResult behind{"a", 1, 92.1, 0.01, 4, 0.2, 10, "abc", rows[0].checksum()};
  CHECK(reproduction_table(rows, std::span(&behind, 1)).find("worse by more: `a`.") !=
        std::string::npos);
  CHECK(table.find("| 90.90 | 1, 2 | 0.14 | 0.020 | yes | 0.40 | abc |") != std::string::npos);
  const auto refused = [&](const std::string& text) {
    write_atomically(folder / "bad.ini", std::string_view(text));
    return error_of([&] { read_published_rows(folder / "bad.ini"); });
  };
  const std::string body = "paper = P\nquantity = nll\nprotocol = --data mnist\n";
  CHECK(refused("[beta-0.5]\n" + body) == "");
  CHECK(refused("[a,b]\n" + body).find("hint: [a-b]") != std::string::npos);
  CHECK(refused("[a]\n" + body + "[b]\n" + body + "[a]\n" + body).find("twice") !=
        std::string::npos);
  CHECK(refused("# nothing\n").find("no row") != std::string::npos);
  PublishedRow other = rows[0];
  other.protocol.insert(other.protocol.end(), {"--epochs", "11"});
  CHECK(results_of(other, again).empty());
}
