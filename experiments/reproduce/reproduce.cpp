// vaegrad reproduce: published numbers, run again by rows of rows.ini; what they give is collected
// in results.csv and written into README.md beside it.
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vaegrad/autodiff/kernels/parallel.hpp>
#include <vaegrad/lab/files/file.hpp>
#include <vaegrad/lab/ranks/ranks.hpp>
#include <vaegrad/lab/uses/studies/reproduction.hpp>

#include "command.hpp"
#include "compare/jobs_console.hpp"
#include "reproduce/row_run.hpp"
#include "signals.hpp"

namespace vaegrad {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::vector<std::string> names;
  std::vector<std::uint64_t> seeds;  // empty: as many as the row's hours allow
  double budget = 0;                 // hours; 0: none
  int jobs = 0, threads = 0;
  fs::path rows, out = fs::path("runs") / "reproduce", data_dir;
  bool quick = false;
};

Asked asked_of(Arguments arguments) {
  Asked a;
  a.threads = threads();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&] {
      check<UsageError>(i + 1 < arguments.size(), name, ": it needs a value", hint,
                        "vaegrad reproduce --help shows an example");
      return arguments[++i];
    };
    if (name == "--seeds")
      a.seeds = parse_seeds(value());
    else if (name == "--budget")
      a.budget = real_option("budget", value(), 1e-6, 1e6);
    else if (name == "--jobs")
      a.jobs = int(integer_option("jobs", value(), 1, 1024));
    else if (name == "--threads")
      a.threads = int(integer_option("threads", value(), 1, 1024));
    else if (name == "--rows")
      a.rows = value();
    else if (name == "--out")
      a.out = value();
    else if (name == "--data-dir")
      a.data_dir = value();
    else if (name == "--quick")
      a.quick = true;
    else {
      check<UsageError>(!name.starts_with("--"), "unrecognised option '", name, "'", hint,
                        "vaegrad reproduce --help lists the options");
      a.names.push_back(name);
    }
  }
  // beside the configurations, in the source tree as where it is installed
  if (a.rows.empty())
    a.rows =
        (shipped_config("default.ini").parent_path() / "../reproduce/rows.ini").lexically_normal();
  return a;
}

std::vector<PublishedRow> chosen(const std::vector<PublishedRow>& rows, const Asked& a) {
  std::vector<PublishedRow> to;
  for (const std::string& name : a.names) {
    if (name == "all") return rows;
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const PublishedRow& r) { return r.name == name; });
    check<UsageError>(found != rows.end(), "there is no row '", name, "'", hint,
                      "vaegrad reproduce lists them");
    to.push_back(*found);
  }
  return a.names.empty() ? rows : to;
}

// Three where one takes less than half an hour.
std::vector<std::uint64_t> seeds_of(const Asked& a, const PublishedRow& row) {
  if (!a.seeds.empty()) return a.seeds;
  if (a.quick || row.hours >= 0.5) return {1};
  return {1, 2, 3};
}

// Of the sources that rows.ini belongs to, with a + where those were changed; else the version.
std::string commit_of(const fs::path& rows) {
  std::string folder = rows.parent_path().string();
  for (std::size_t i = 0; (i = folder.find('\'', i)) != folder.npos; i += 4)
    folder.replace(i, 1, "'\\''");
  const std::string git = concat("git -C '", folder, "' ");
  const std::string command =
      concat(git, "rev-parse --short HEAD 2>/dev/null && { ", git,
             "diff --quiet HEAD -- :/autodiff :/models :/lab ':/experiments/*.cpp' rows.ini || "
             "echo +; }");
  std::string to;
  if (FILE* said = ::popen(command.c_str(), "r")) {
    char part[128];
    while (std::fgets(part, sizeof part, said)) to += part;
    ::pclose(said);
  }
  std::erase(to, '\n');
  return to.empty() ? version : to;
}

int list(const std::vector<PublishedRow>& rows, const std::vector<RowResult>& results) {
  std::size_t width = 0;
  for (const PublishedRow& row : rows) width = std::max(width, row.name.size());
  fmt::print("  {:<{}} {:>13} {:>9} {:>9} {:>5} {:>5}\n", "row", width, "quantity", "published",
             "measured", "seeds", "hours");
  for (const PublishedRow& row : rows) {
    const auto of = results_of(row, results);
    double sum = 0;
    for (const RowResult& r : of) sum += r.value;
    fmt::print("  {:<{}} {:>13} {:>9} {:>9} {:>5} {:>5.2g}\n", row.name, width, row.quantity,
               row.is_published() ? fmt::format("{:.2f}", row.published) : "-",
               of.empty() ? "-" : fmt::format("{:.2f}", sum / double(of.size())), of.size(),
               row.hours);
  }
  fmt::print("hours: estimated, of two cores, for a seed; vaegrad reproduce ROW runs one\n");
  return 0;
}

// The page, with another table between its two marks. Error: they are gone.
std::string page_with(const fs::path& path, const std::string& table) {
  constexpr std::string_view begin = "<!-- measured: written by vaegrad reproduce -->\n",
                             end = "<!-- end -->\n";
  std::error_code error;
  std::string page = fs::exists(path, error)
                         ? read_file(path, std::size_t{1} << 24)
                         : concat("# Published numbers, run again\n\n", begin, end);
  const std::size_t first = page.find(begin), last = page.find(end);
  check(first != page.npos && last != page.npos && first < last, path.string(),
        ": the marks of its table are gone", hint, "lines ", begin.substr(0, begin.size() - 1),
        " and ", end.substr(0, end.size() - 1));
  return page.replace(first + begin.size(), last - first - begin.size(), table);
}
// Before hours of training: that what they give can be written down.
void check_records(const fs::path& rows) {
  const fs::path folder = rows.has_parent_path() ? rows.parent_path() : ".";
  check(::access(folder.c_str(), W_OK) == 0, folder.string(),
        ": cannot write results.csv: ", std::strerror(errno), hint,
        "--rows FILE with a copy of rows.ini and results.csv of your own");
  read_row_results(folder / "results.csv");
  page_with(folder / "README.md", "");
}

// Adds what has been measured and was not known; says what it was.
void collect(const Asked& a, const std::vector<PublishedRow>& rows,
             const std::vector<RowRun>& runs) {
  const fs::path file = a.rows.parent_path() / "results.csv";
  std::vector<RowResult> results = read_row_results(file);
  const std::string commit = commit_of(a.rows);
  for (const RowRun& run : runs) {
    const auto measured_of = [&]() -> std::optional<RowResult> {
      try {
        return run.result();
      } catch (const Error& e) {
        say("{}: {}\n", run.plan.name, e.what());
      } catch (const std::exception& e) {  // of a damaged file
        say("{}: {}\n", run.plan.folder.string(), e.what());
      }
      return {};
    };
    auto measured = measured_of();
    if (!measured) continue;
    fmt::print("{:<22} seed {}: {} {:.4f}{}\n", run.row.name, run.seed, run.row.quantity,
               measured->value,
               run.row.is_published() ? fmt::format(", published {}", run.row.published) : "");
    if (a.quick) continue;
    measured->commit = commit;
    const auto known = std::find_if(results.begin(), results.end(), [&](const RowResult& r) {
      return r.row == measured->row && r.seed == measured->seed;
    });
    if (known == results.end())
      results.push_back(*measured);
    else if (known->checksum != measured->checksum ||
             std::abs(known->value - measured->value) > 1e-5)
      *known = *measured;
  }
  if (a.quick) return;
  write_row_results(file, results);
  const fs::path page = a.rows.parent_path() / "README.md";
  write_atomically(page, std::string_view(page_with(page, reproduction_table(rows, results))));
  fmt::print("{}\n", page.string());
}

int run_reproduce(Arguments arguments) {
  watch_signals();
  Asked a = asked_of(arguments);
  const std::vector<PublishedRow> rows = read_published_rows(a.rows);
  const std::vector<PublishedRow> wanted = chosen(rows, a);
  check<UsageError>(!a.names.empty() || a.quick || (a.seeds.empty() && !a.budget && !a.jobs),
                    "which row?", hint, "vaegrad reproduce all, or the names of rows");
  if (a.names.empty() && !a.quick)
    return list(rows, read_row_results(a.rows.parent_path() / "results.csv"));
  check<UsageError>(!a.quick || ranks().size() == 1, "--quick: ", ranks().size(),
                    " ranks for a matter of seconds", hint, "one process, or no --quick");
  const TruncatedData truncated(a.quick, a.data_dir);
  if (a.quick) a.out = truncated.folder();
  if (!a.quick) check_records(a.rows);

  std::vector<RowRun> runs;
  for (const PublishedRow& row : wanted)
    for (const std::uint64_t seed : seeds_of(a, row))
      runs.push_back(a.quick ? truncated.shortened(row, seed)
                             : planned_run(row, seed, a.out, a.data_dir));
  std::vector<Job> jobs;
  double hours = 0;
  int refused = 0;
  for (const RowRun& r : runs) {
    try {
      hours += r.next().empty() ? 0 : r.row.hours;
    } catch (const Error& e) {
      if (runs.size() == 1) throw;
      ++refused;
      say("FAILED  {}: {}\n", r.plan.name, e.what());
      continue;
    }
    jobs.push_back({r.plan.name, r.plan.folder, a.out / "log" / (r.plan.name + ".txt"),
                    [&r] { return r.next(); }, std::max(1e-3, r.row.hours)});
  }
  const int at_once = std::min({a.jobs ? a.jobs : a.threads, a.threads, int(runs.size())});
  std::error_code error;
  fs::create_directories(a.out, error);
  check(fs::is_directory(a.out), a.out.string(), ": cannot make the folder: ", error.message(),
        hint, "--out names a folder that may be written");
  const FolderLock lock = lock_of_first_rank(a.out);
  if (a.quick)
    say("{} runs of a truncated schedule, on {} images\n", runs.size(),
        TruncatedData::train_images);
  else
    say("{} runs in {}, {} at a time; estimated at {:.1f} hours of two cores\n", runs.size(),
        a.out.string(), at_once, hours);
  can_be_saved();
  JobsConsole console(a.budget * 3600);
  const JobsState end = run_side_by_side(jobs, at_once, a.threads, console);
  collect(a, rows, runs);
  if (interrupted()) {
    say("\ninterrupted and saved, {} of {} done; go on with the same command\n", end.done, end.all);
    return 128 + interrupted();
  }
  if (console.used_up())
    say("the budget of {:g} hours is used up, all is saved; go on with the same "
        "command\n",
        a.budget);
  say("{} of {} runs done, {} failed, in {}\n", end.done, end.all + refused, end.failed + refused,
      duration(end.seconds));
  return end.failed + refused != 0;
}

std::string reproduce_help() {
  return "usage: vaegrad reproduce [ROW ..|all] [options]\n\n"
         "Runs published numbers again: each row of rows.ini is a paper's number with the\n"
         "protocol that gives it. Without a ROW: lists them. Started again it goes on\n"
         "where it stopped. What was measured is kept in results.csv and written into\n"
         "README.md beside rows.ini (experiments/reproduce), with the rows that miss.\n\n"
         "  ROW ..                  names of rows, or all\n"
         "  --seeds A..B            [1..3 where one takes less than half an hour, else 1]\n"
         "  --budget HOURS          after which what runs is saved, to go on another time\n"
         "  --quick                 a truncated schedule on 600 images, in seconds: shows\n"
         "                          that the rows run; nothing is recorded. Where a row's\n"
         "                          data are missing: on fashion-mnist\n"
         "  --jobs N                runs at a time [as many as there are threads]\n"
         "  --threads N             of all together [as many as this process may use]\n"
         "  --rows FILE             other rows\n"
         "  --out DIR               a folder for each run [runs/reproduce]\n"
         "  --data-dir DIR          holds mnist/ .. [$VAEGRAD_DATA or ~/.cache/vaegrad]\n\n"
         "example: vaegrad reproduce iwae-k1 --budget 2\n";
}

}  // namespace

const Command reproduce_command{"reproduce", "published numbers, run again by their protocols",
                                run_reproduce, reproduce_help};

}  // namespace vaegrad
