// What a model computes as programs that a page replays: one example goes through the model, and
// the tape says of each entry which op it is and of which others, in the words of
// Tape::describe(). Nothing here knows a network, a posterior or a prior: what is recorded of ops
// that a page has (tape.js) can be on a page.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <vaegrad/lab/run/run.hpp>

namespace vaegrad {

// Programs for one row, each {entries, inputs, noise, outputs}. An entry is [rows, columns, text],
// followed by its numbers when it is a constant, or 0 when no output needs it. Noise says where ε, z,
// and the mean and log σ² of z stand, in the order of the draws, with the bits of ε of the first example.
//
//   infer     x, y, ε ↦ z ~ q(z|x), E[x|z], log p(x|z), KL of each latent, log p(z) − log q(z|x)
//   decode    one for each layer of latents: z ↦ E[x|z], with the layers below it at their means
//   generate  y, ε ↦ z ~ p(z|y), E[x|z]; null with the reason in `no_generate` where it has an op
//             that a page lacks
//
// Errors: an op of the others that a page lacks; a number that no op on the tape computes.
nlohmann::json replays(const Model& model, const Examples& examples, const Settings& settings);

// The ops that tape.js has.
std::span<const std::string_view> replayed_ops();

}  // namespace vaegrad
