// A training on a terminal: a line that is rewritten while an epoch goes on, one that stays for
// each that is done; plain lines elsewhere.
#pragma once
#include <vaegrad/lab/run/training/progress.hpp>
#include <vaegrad/lab/run/training/training.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

class Console : public Observer {
 public:
  explicit Console(std::function<bool()> stop = {}) : stop_(std::move(stop)) {}
  bool stop() override { return stop_ && stop_(); }
  void step(const Training& training) override;
  void epoch(const Training& training, const Metrics& metrics) override;
  void note(const std::string& text) override { progress_.finish(text); }
  void say(const std::string& text) override { progress_.finish(text); }

 private:
  std::function<bool()> stop_;
  Progress progress_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
