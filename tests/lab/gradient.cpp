// The gradient of every combination of model, prior, condition, likelihood, posterior, bound and
// schedule that the program accepts, generated from its tables: a new row of any of them is checked
// here, and none is left out. A combination that is refused is refused with a reason.
#include <doctest/doctest.h>

#include <map>

#include <vaegrad/autodiff/autodiff.hpp>
#include <vaegrad/lab/run/model.hpp>
#include <vaegrad/models/inference/scale_adjoint.hpp>

#include "../support/sanitized.hpp"

using namespace vaegrad;

namespace {

// 2 x 2 pixels, so that each quadrant is one, or 12 x 12 for a row that compares whole images; 3
// labels
DataSet data_for(const Likelihood& row) {
  const Values values = row.values;
  const int pixels = row.on_images ? 144 : 4;
  auto images = std::make_shared<Images>();
  images->count = 3;
  images->height = images->width = row.on_images ? 12 : 2;
  images->labels = {2, 0, 1};
  images->binary = values == Values::binary;
  for (int i = 0; i < 3 * pixels; ++i) {
    if (values == Values::real)
      images->values.push_back(float((i * 7) % 12) / 5 - 1);
    else
      images->bytes.push_back(std::uint8_t(values == Values::binary ? i % 5 % 2 : (i * 83) % 256));
  }
  DataSet set;
  set.train = {Split::train, images, {0, 1, 2}};
  set.classes = 3;
  return set;
}

constexpr const char* axis_names[] = {"model",     "prior",           "condition", "likelihood",
                                      "posterior", "posterior-scale", "objective"};

// Posteriors and priors besides the first ones are combined with each other, with every model,
// condition and objective, but not with every likelihood and scale, which never meet them.
bool is_beyond(const Settings& s) {
  return s.posterior != posteriors()[0]->name ||
         (s.prior != priors()[0]->name && s.prior != conditional_prior.name);
}

// f(settings, name) for every choice of every axis and, of the numbers that go with an objective,
// one given at a time.
template <class F>
void for_each_combination(F f) {
  struct Axis {
    const Setting* row;
    std::vector<std::string> values;
  };
  std::vector<Axis> axes;
  for (const char* name : axis_names) axes.push_back({&setting(name), setting(name).choices});
  axes.push_back({&setting("likelihood-scale"), {"learned", "per-dimension", "fixed:0.7"}});
  const auto walk = [&](auto& self, std::size_t axis, const Settings& s,
                        const std::string& name) -> void {
    if (axis < axes.size()) {
      for (const std::string& v : axes[axis].values) {
        Settings with = s;
        axes[axis].row->set(with, v);
        self(self, axis + 1, with, name + v + ' ');
      }
      return;
    }
    if (is_beyond(s) && (s.likelihood != "bernoulli" || s.likelihood_scale != "learned" ||
                         s.posterior_scale != "log-variance"))
      return;
    f(s, name);
    for (const Setting& row : all_settings()) {
      if (std::string_view(row.group) != "objective" || row.name == std::string_view("objective"))
        continue;
      Settings with = s;
      if (row.name == std::string_view("particles") && objective(s.objective).groups)
        row.set(with, "2,3");
      else if (!row.choices.empty())
        row.set(with, row.choices.back());
      else
        try {
          row.set(with, "0.6");
        } catch (const UsageError&) {
          row.set(with, "2");  // a whole number
        }
      f(with, concat(name, "--", row.name));
    }
  };
  Settings smooth;
  smooth.activation = "tanh";  // without kinks
  smooth.hidden = {3};
  walk(walk, 0, smooth, "");
}

// In the middle of a schedule, where it is not 1.
ObjectiveSettings in_force(const Settings& s) {
  return objective_settings(s, kl_share(s.kl_schedule, 0.2, 10));
}

// Biases start at zero, which would hide a wrong gradient of them.
void spread_out(Model& model, std::uint32_t draw) {
  const auto w = model.parameters.change_values();
  for (const auto& [name, p] : model.parameters.list())
    Stream(9 + draw, Purpose::test, std::uint32_t(p.number))
        .uniform({w.data() + p.offset, p.shape.rows, p.shape.cols});
  for (Real& x : w) x = Real(1.2) * x - Real(0.6) * Real(x != 0);
}

Var recorded(const Model& model, const Settings& s, const DataSet& data, Tape& tape) {
  const Batch batch = make_batch(tape, model, data.train, data.train.rows, s, 1);
  Stream noise(4, Purpose::latent, 0, 0, std::uint32_t(s.particles));
  return average(model.bound(objective(s.objective), batch, noise, in_force(s)).objective);
}

// The function whose slope at the weights `fixed` an objective gives whose gradient is not its
// value's. With w̃ and z̄ those of `fixed`:
//   dreg   Σ_k w̃² log w(z_φ; θ̄, φ̄) for the encoder and Σ_k w̃ log w(z̄; θ, φ̄) for decoder and prior
//   stl    the mean of log w(z_φ; θ, φ̄)
//   piwae  1/M Σ_m log 1/K Σ_k w(z_φ; θ̄, φ) for the encoder, log 1/MK Σ w(z̄; θ, φ̄) for the others
Var surrogate_of(const Model& model, const Model& fixed, const Settings& s, const DataSet& data,
                 Tape& tape) {
  const ObjectiveSettings o = in_force(s);
  const Batch batch = make_batch(tape, model, data.train, data.train.rows, s, 1);
  const auto drawn = [&](const Model& m) {
    Stream noise(4, Purpose::latent, 0, 0, std::uint32_t(s.particles));
    return m.draw(batch, noise, s.particles, {.log_ratio = true});
  };
  const Draw of_fixed = drawn(fixed), of_model = drawn(model);
  // log w of z by the decoder and prior of m, and q of `fixed`; or of the q that `of` is
  const auto log_w_of = [&](const Draw& of, const Model& m, const Model& by, const Draw& own,
                            Var z) {
    Draw d = of;
    d.z = z, d.p = own.p;
    by.weigh(d, {.log_ratio = true});
    const Var log_px = m.decode(z, batch.condition).log_prob(repeat_rows(batch.x, s.particles));
    return log_weights(log_px, d, o.beta);
  };
  const auto log_w = [&](const Model& m, const Draw& own, Var z) {
    return log_w_of(of_fixed, m, fixed, own, z);
  };
  if (s.objective == "stl") return average(log_w(model, of_model, of_model.z));
  if (s.objective == "piwae")
    return average(
        mean_of_groups(log_w_of(of_model, fixed, model, of_fixed, of_model.z), s.groups) +
        log_mean_exp(log_w(model, of_model, of_fixed.z)));
  const Var fixed_z = of_fixed.z, w = softmax(log_w(fixed, of_fixed, fixed_z));
  const Var encoder = log_w(fixed, of_fixed, of_model.z), decoder = log_w(model, of_model, fixed_z);
  return average(row_sums(square(w) * encoder + w * decoder));
}

// Against differences, all parameters at once. Not at a kink (|KL - C|, free bits, a tanh scale near
// 0): where two step sizes see one slope. That does not look at the tape's gradient, so no wrong
// pullback is drawn anew; of_wrong is the same with a pullback that is off by a thousandth.
struct Checked {
  GradientCheck of_tape, of_wrong;
  std::uint32_t drawn_anew;
};
Checked checked_gradient(const Settings& s, const std::string& name, bool also_wrong) {
  const DataSet data = data_for(likelihood(s.likelihood));
  const auto model = new_model(s, data), fixed = new_model(s, data);
  const auto f = [&](Tape& tape) { return recorded(*model, s, data, tape); };
  std::function<Var(Tape&)> surrogate;
  const Wanted& wanted = objective(s.objective).wanted;
  if (wanted.held || wanted.factor)
    surrogate = [&](Tape& tape) { return surrogate_of(*model, *fixed, s, data, tape); };
  Checked c{};
  std::uint32_t draw = 0;
  for (bool smooth = false; !smooth; ++draw) {
    REQUIRE_MESSAGE(draw < 20, name, ": no smooth point found");
    spread_out(*model, draw), spread_out(*fixed, draw);
    c.of_tape = check_gradient(model->parameters, f, 1, 1e-3, surrogate);
    const double nearer = check_gradient(model->parameters, f, 1, 5e-4, surrogate).numeric;
    smooth = std::abs(c.of_tape.numeric - nearer) <= 5e-8 * c.of_tape.scale;
  }
  c.drawn_anew = draw - 1;
  if (also_wrong)
    c.of_wrong = check_gradient(
        model->parameters,
        [&](Tape& tape) { return record(ScaleAdjoint{}, f(tape), tape.constant(Real(1.001))); }, 1,
        1e-3, surrogate);
  return c;
}

}  // namespace

TEST_CASE("the gradient of every combination of the tables; the others are refused with a reason") {
  std::size_t all = 0, checked = 0, refused = 0, wrong_noticed = 0, drawn_anew = 0;
  std::map<std::string, std::size_t> reasons, of_objective, of_likelihood, of_posterior, of_model;
  double worst = 0;
  for_each_combination([&](const Settings& s, const std::string& name) {
    ++all;
    try {
      check_consistent(s);
    } catch (const UsageError& e) {
      const std::string text = e.what();
      REQUIRE_MESSAGE(text.find("\n  hint: ") != std::string::npos, name);
      ++refused, ++reasons[text.substr(2, text.find(' ') - 2)];
      return;
    }
    Settings small = s;
    small.latent = {2}, small.flows = 2, small.flow_width = {5, 4};
    if (!sanitized || checked % 20 == 0) {  // there a sample: each takes ten times as long
      const bool also_wrong = checked % 50 == 0;
      const Checked is = checked_gradient(small, name, also_wrong);
      const GradientCheck& c = is.of_tape;
      drawn_anew += is.drawn_anew;
      worst = std::max(worst, c.relative_error());
      INFO(name, ": numeric ", c.numeric, ", tape ", c.tape);
      CHECK(c.agrees(1e-7));
      CHECK(c.scale > 1e-3);
      if (also_wrong) {  // the checker itself
        CHECK(!is.of_wrong.agrees(1e-7));
        ++wrong_noticed;
      }
    }
    ++checked, ++of_objective[s.objective], ++of_likelihood[s.likelihood];
    ++of_posterior[s.posterior_scale], ++of_model[s.model];
  });
  MESSAGE(checked, " combinations checked, worst ", worst, " of sum|g v|, ", wrong_noticed,
          " wrong rules noticed, ", drawn_anew, " points near a kink drawn anew; ", refused,
          " refused: ", [&] {
            std::string to;
            for (const auto& [option, n] : reasons) to += concat(n, " for --", option, "  ");
            return to;
          }());

  // How many there must be, from the sizes of the tables. A combination counts once for each value
  // that does not matter to it, unless giving that value is an error.
  const std::size_t parts = std::size(conditions) - 1;
  std::size_t likelihood_scales = 0, of_gaussian = 0, of_conditional = 0, beyond = 0;
  std::size_t of_autoencoders = 0;
  // Distances in place of a likelihood: not for objectives that weigh draws, nor parts of images.
  std::size_t distances = 0, unweighed = 0, unweighed_conditional = 0;
  for (const Likelihood& p : likelihoods()) {
    likelihood_scales += p.instead ? 0 : p.has_scale ? 3 : 1;
    distances += p.instead != nullptr;
  }
  for (const Objective* o : objectives()) {
    if (o->deterministic) {
      of_autoencoders += 1 + o->settings.size();
      continue;
    }
    const std::size_t numbers = 1 + std::size_t(o->beta) + o->settings.size() + 1 +
                                (o->scheduled ? std::size(kl_schedules) : 0);
    of_gaussian += numbers, of_conditional += o->wanted.prior_draws ? 0 : numbers;
    if (!o->weighs)
      unweighed += numbers, unweighed_conditional += o->wanted.prior_draws ? 0 : numbers;
    bool free_bits = false;
    for (const ObjectiveSetting* each : o->settings)
      free_bits |= each->name == std::string_view("free-bits");
    for (const PosteriorRow* q : posteriors())
      for (const PriorRow* p : priors()) {
        const bool first = q == posteriors()[0] && (p == priors()[0] || p == &conditional_prior);
        if (first || q->sphere != p->sphere || (o->wanted.held && !q->held) ||
            (p->encodes && !q->diagonal) || (o->wanted.diagonal && !q->diagonal) ||
            (o->wanted.prior_draws && (p->conditional || p->components || p->flows || p->encodes)))
          continue;
        // vae and cvae; or cvae given the label, and given parts
        const bool closed = q->gaussian && p->gaussian;  // or else free bits are refused
        beyond += (numbers - std::size_t(free_bits && !closed)) * (p->conditional ? 1 + parts : 2);
      }
  }
  const std::size_t scaled = likelihood_scales * posterior_scales().size();
  const std::size_t want =
      scaled * of_gaussian  // vae
      // cvae: two priors given the label, one parts
      + scaled * (of_gaussian + (1 + parts) * of_conditional) + likelihood_scales +
      distances  // autoencoder
      // .. and by an objective of it, where vae may be left as it is
      + 2 * (likelihood_scales + distances) * of_autoencoders +
      distances * posterior_scales().size() * (2 * unweighed + unweighed_conditional) +
      parts * likelihood_scales  // baseline
      + beyond;
  CHECK(checked == want);
  const auto choices = [](const char* axis) { return setting(axis).choices.size(); };
  // of the axes that all have; no number or one
  const std::size_t common = choices("model") * choices("condition") * choices("objective") *
                             (1 + 2 + objective_settings().size() + std::size(kl_schedules));
  CHECK(all == common * (2 * 3 * choices("likelihood") * choices("posterior-scale") +
                         (posteriors().size() * priors().size() - 2)));
  CHECK(checked + refused == all);
  CHECK(of_objective.size() == objectives().size());
  CHECK(of_likelihood.size() == likelihoods().size());
  CHECK(of_posterior.size() == posterior_scales().size());
  CHECK(of_model.size() == setting("model").choices.size());
}

TEST_CASE("the gradient of every hierarchy x posterior x prior x objective that is not refused") {
  std::size_t checked = 0, refused = 0, want = 0;
  double worst = 0;
  for (const HierarchyRow* h : hierarchies())
    for (const PosteriorRow* q : posteriors())
      for (const PriorRow* p : priors())
        for (const Objective* o : objectives()) {
          Settings s;
          s.activation = "tanh", s.hidden = {3}, s.latent = {2, 2}, s.upper_hidden = {3};
          s.flows = 1, s.flow_width = {3}, s.components = 2;
          s.hierarchy = h->name, s.posterior = q->name, s.prior = p->name, s.objective = o->name;
          if (o->beta) s.beta = 0.6;
          if (p->conditional) s.model = "cvae";
          const std::string name = concat(h->name, ' ', q->name, ' ', p->name, ' ', o->name);
          const Wanted& w = o->wanted;
          want += !q->sphere && !p->sphere && !(w.held || w.factor || w.diagonal) &&
                  !o->deterministic && !w.prior_draws && !(h->diagonal && !q->diagonal) &&
                  !(p->encodes && !(h->top && q->diagonal));
          try {
            Settings plain = s;  // numbers that this row does not heed are an error of their own
            const Settings usual;
            if (!q->flows) plain.flows = usual.flows;
            if (!q->width) plain.flow_width = usual.flow_width;
            if (!p->components) plain.components = usual.components;
            check_consistent(plain);
          } catch (const UsageError& e) {
            REQUIRE_MESSAGE(std::string(e.what()).find("\n  hint: ") != std::string::npos, name);
            ++refused;
            continue;
          }
          if (sanitized && checked++ % 20) continue;
          const GradientCheck c = checked_gradient(s, name, false).of_tape;
          worst = std::max(worst, c.relative_error());
          INFO(name, ": numeric ", c.numeric, ", tape ", c.tape);
          CHECK(c.agrees(1e-7));
          checked += !sanitized;
        }
  MESSAGE(checked, " hierarchies checked, worst ", worst, " of sum|g v|, ", refused, " refused");
  CHECK(checked == want);
}
