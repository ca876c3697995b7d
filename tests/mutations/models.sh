#!/usr/bin/env bash
# Wrong posteriors, priors, hierarchies and objectives, two and more of each family or objective, of MS-SSIM and of
# scores: every one must fail a test. (What all hierarchies share is in layered.cpp; what objectives share, in objectives.cpp.)
#   tests/mutations/models.sh [FOLDER [ONLY]]     by hand; a copy is built in FOLDER; ONLY: files whose path holds it
set -euo pipefail
here=$(realpath "${BASH_SOURCE[0]%/*}"/../..)
folder=${1:-$(mktemp -d)} only=${2:-}
mkdir -p "$folder/source"
tar -C "$here" --exclude=./build --exclude=./.git -cf - . | tar -C "$folder/source" -xf -
cmake -S "$folder/source" -B "$folder/build" -DVAEGRAD_TESTS=ON -DCMAKE_BUILD_TYPE=Release ${VAEGRAD_CMAKE_ARGS:-} >/dev/null
build() { cmake --build "$folder/build" --target test_models -j2 >"$folder/log" 2>&1; }
build || { tail -20 "$folder/log"; exit 1; }
tests() { "$folder/build/tests/test_models" -tc="$1" >"$folder/out" 2>&1; }

# file below models/, posteriors/, priors/ and hierarchies/ below models/inference | what is right | what is made of it | tests that must notice
wrong='
posteriors/planar_step.hpp | q.z[latent] + std::log(q.det) | q.z[latent] - std::log(q.det) | *flow*
posteriors/planar_step.hpp | t * t + (1 - t * t) * raised | t * t + (1 - t * t) * (raised - 1) | *flow*
posteriors/radial_step.hpp | Real(latent - 1) * std::log(q.across()) | Real(latent) * std::log(q.across()) | *flow*
posteriors/radial_step.hpp | (r * (r + 2 * alpha) + alpha * raised) | (r * (r + alpha) + alpha * raised) | *flow*
posteriors/iaf_posterior.cpp | log_det + row_sums(log_sigmoid(gate)) | log_det | *flow*
posteriors/iaf_posterior.cpp | record(Masked{place, latent_, reversed}, tape(w)) | tape(w) | *flow*
posteriors/sylvester_posterior.cpp | square(h) + (1 - square(h)) * repeat_rows(both, K) | repeat_rows(both, K) | *flow*
posteriors/sylvester_posterior.cpp | for (Index k = at_.reflections; k-- > 0;) moved | for (Index k = 0; k < at_.reflections; ++k) moved | *flow*
posteriors/full_covariance_posterior.cpp | exp(q.log_variance) * below) | 0 * below) | *ovariance*
posteriors/full_covariance_posterior.cpp | (q.base + Ne) | (q.base - Ne) | *ovariance*
posteriors/von_mises_fisher_posterior.cpp | - 0.5 * repeat_rows(kappa, particles) * distance | - repeat_rows(kappa, particles) * distance | von Mises*
posteriors/von_mises_fisher_posterior.cpp | log_sphere_area(latent_) | log_sphere_area(latent_ - 1) | von Mises*
posteriors/sphere_ops.hpp | kappa.adj(r / particles, 0) += y.adj(r, 0) * y.val(r, 1) | kappa.adj(r / particles, 0) -= y.adj(r, 0) * y.val(r, 1) | von Mises*
posteriors/flow_posterior.cpp | spec_.log_variance(scale_(h)) | scale_(h) | posteriors: each*
posteriors/masked.hpp | Range{degree, latent} | Range{std::min(latent, degree + 1), latent} | iaf*
posteriors/iaf_posterior.cpp | matmul(h, seen(weight, between)) | matmul(h, tape(weight)) | *flow*
posteriors/iaf_posterior.cpp | columns(q.more, t * n.in.shape.cols, | columns(q.more, 0 * t * n.in.shape.cols, | iaf*
priors/uniform_sphere_prior.cpp | -log_sphere_area(latent_) | log_sphere_area(latent_) | uniform sphere*
priors/uniform_sphere_prior.cpp | unit_rows(standard_noise(tape, {count * particles, latent_}, noise)) | standard_noise(tape, {count * particles, latent_}, noise) | uniform sphere*
priors/conditional_prior.cpp | DiagonalGaussian{p.mean, p.log_variance}.sample(noise, particles) | DiagonalGaussian{p.mean, 0 * p.log_variance}.sample(noise, particles) | conditional prior*
draw.cpp | return -d.layer_ratios; | return d.layer_ratios; | *ierarch*
hierarchies/layered.cpp | above = DiagonalGaussian{p.mean, p.log_variance}.sample(noise); | above = l ? p.mean : Var(DiagonalGaussian{p.mean, p.log_variance}.sample(noise)); | *ierarch*
posteriors/full_covariance_posterior.cpp | spec_.log_variance(scale_(h)) | scale_(h) | posteriors: each*
hierarchies/ladder.cpp | return up[count() - 1].q; | return up[0].q; | *ierarch*
priors/gaussian_mixture_at.cpp | logits - log_sum_exp(logits) + constant | logits + constant | *ixture*
priors/gaussian_mixture_at.cpp | std::exp(l(k, j) / 2) * z.val() | std::exp(l(k, j)) * z.val() | *ixture*
priors/weighted_squares.cpp | m.adj(k, j) -= 2 * w.val(k, j) * sum | m.adj(k, j) -= w.val(k, j) * sum | *ops in models*
priors/weighted_squares.cpp | ((here - m_j[k]) * (here - m_j[k])) | (here * here - m_j[k] * m_j[k]) | *ixture*
priors/vamp_prior.cpp | const Var U = tape(inputs_), u = pixels_ ? Var(clamp(U, 0, 1)) : U; | const Var U = tape(inputs_), u = U; | *amp*
priors/vamp_prior.cpp | .mixture = {q.mean, q.log_variance, even} | .mixture = {q.mean, 2 * q.log_variance, even} | *amp*
priors/coupling_flow.cpp | log_det = log_det - row_sums(f.log_scale); | log_det = log_det + row_sums(f.log_scale); | *flow*
priors/coupling_flow.cpp | moved = (moved - f.shift) * exp(-f.log_scale); | moved = (moved - f.shift); | *flow*
hierarchies/layered.cpp | DiagonalGaussian{p.mean, p.log_variance}.log_prob(layer.z); | DiagonalGaussian{p.mean, 0 * p.log_variance}.log_prob(layer.z); | *ierarch*
hierarchies/layered.cpp | if (order_ == Order::down \|\| l + 1 == count()) | if (true) | *ierarch*
hierarchies/layered.cpp | above = DiagonalGaussian{p.mean, p.log_variance}.sample(noise); | above = p.mean; | *ierarch*
hierarchies/bottom_up.cpp | to[l].p = given_above(l, to[l + 1].z, seen.pass); | to[l].p = given_above(l, 0 * to[l + 1].z, seen.pass); | *ierarch*
hierarchies/ladder.cpp | const Var w = sigmoid(p.log_variance - log_variance); | const Var w = sigmoid(log_variance - p.log_variance); | *adder*
hierarchies/ladder.cpp | log_variance - softplus(log_variance - p.log_variance) | log_variance | *adder*
networks/gated.cpp | open * f.along + h * (1 - open) * g.along | open * f.along + (1 - open) * g.along | *slope*
networks/maxout.cpp | const Var ahead = next.at - best.at, | const Var ahead = best.at - next.at, | *slope*
networks/dense.cpp | linear_.product(x.along) | linear_(x.along) | *slope*
objectives/rae.cpp | 0.5 * s[code_weight] | s[code_weight] | *rae*
objectives/rae.cpp | s[regulariser_weight] * draw.decoder_slope | 0.5 * s[regulariser_weight] * draw.decoder_slope | *rae*
objectives/elbo.cpp | {log_likelihood - s.beta * all, log_likelihood, all}; | {log_likelihood - all, log_likelihood, all}; | *free bits*
objectives/elbo.cpp | s.beta * free_bits_kl(draw.kl, s[free_bits]) | free_bits_kl(draw.kl, s[free_bits]) | *free bits*
objectives/elbo.cpp | free_bits_kl(kl_per_layer(draw), s[layer_free_bits]) | free_bits_kl(draw.kl, s[layer_free_bits]) | *ierarch*
objectives/elbo.cpp | (1.0 / double(draw.particles)) * row_sums(log_w) | row_sums(log_w) | *bounds*
objectives/elbo.cpp | log_weights(log_px, draw, s.beta) | log_weights(log_px, draw) | *bounds*
objectives/objectives.cpp | max((1.0 / rows) * column_sums(kl_per_latent), free_bits) | (1.0 / rows) * column_sums(max(kl_per_latent, free_bits)) | *free bits*
objectives/objectives.cpp | log_px + beta * d.log_ratio | beta * (log_px + d.log_ratio) | *bounds*
objectives/capacity.cpp | abs(all - s[capacity]) | (all - s[capacity]) | *capacity*
objectives/capacity.cpp | abs(all - s[capacity]) | square(all - s[capacity]) | *capacity*
objectives/capacity.cpp | s[gamma] * abs(all - s[capacity]) | s.beta * abs(all - s[capacity]) | *capacity*
objectives/iwae.cpp | log_mean_exp(log_weights( | log_sum_exp(log_weights( | *bound*
objectives/iwae.cpp | log_mean_exp(log_weights(log_px, draw, s.beta)) | particle_mean(log_px + s.beta * draw.log_ratio, draw.particles) | *bounds*
objectives/iwae.cpp | log_weights(log_px, draw, s.beta) | log_weights(log_px, draw) | *bounds*
objectives/dreg.cpp | return 1 - beta + beta * each; | return 1 + 0 * each * beta; | *objectives*
objectives/dreg.cpp | return 1 - beta + beta * each; | return each + 0 * beta; | *DReG*
objectives/dreg.cpp | .held = true, .factor | .factor | *dreg*
objectives/dreg.cpp | softmax(stop_gradient(log_w)) | softmax(log_w) | *dreg*,*DReG*
objectives/stl.cpp | .log_ratio = true, .held = true | .log_ratio = true | stl*
objectives/stl.cpp | (1.0 / double(draw.particles)) * row_sums(log_w) | log_mean_exp(log_w) | bounds*
objectives/stl.cpp | log_weights(log_px, draw, s.beta) | log_weights(log_px, draw) | bounds*
objectives/miwae.cpp | s.beta), s.groups), | s.beta), draw.particles / s.groups), | bounds*
objectives/miwae.cpp | mean_of_groups(log_weights(log_px, draw, s.beta), s.groups) | log_mean_exp(log_weights(log_px, draw, s.beta)) | bounds*
objectives/piwae.cpp | Real(1 / (double(M) * double(g.val()(i, 0)))) | Real(1 / double(g.val()(i, 0))) | piwae*
objectives/piwae.cpp | reshape(g * u, B, M * K) | reshape(u, B, M * K) | piwae*
objectives/piwae.cpp | max(softmax(of_group), least_share) | softmax(of_group) | piwae*
objectives/ciwae.cpp | each = b / double(draw.particles) | each = b | bounds*
objectives/ciwae.cpp | (1 - b) * mean_of_groups(log_w, s.groups) | (1 - b) * log_mean_exp(log_w) | bounds*
objectives/ciwae.cpp | const double b = s[elbo_share] | const double b = 1 - s[elbo_share] | bounds*
objectives/tvo.cpp | softmax(Var(at * log_w)) | softmax(Var((at + width) * log_w)) | bounds*
objectives/tvo.cpp | width = inverse_temperature(p + 1, P) - at; | width = at - inverse_temperature(p - 1, P); | bounds*
objectives/tvo.cpp | double(parts - p) / double(parts - 1) | double(parts - p) / double(parts) | bounds*
objectives/tvo.cpp | softmax(Var(at * log_w)) | softmax(stop_gradient(Var(at * log_w))) | *objectives*
objectives/tc.cpp | (s[tc_weight] - 1) * | s[tc_weight] * | tc*
objectives/tc.cpp | b.objective - (s[tc_weight] | b.objective + (s[tc_weight] | tc*
objectives/stratified_tc.hpp | weight(std::size_t(i / K), std::size_t(j)) | weight(0, std::size_t(j)) | tc*
objectives/stratified_tc.hpp | weight(std::size_t(i / K), std::size_t(j)) | weight(std::size_t(i % B), std::size_t(j)) | tc*
objectives/stratified_tc.hpp | std::log(weight(std::size_t(i / K), std::size_t(j))) | -std::log(double(B) * double(examples)) | tc*
objectives/stratified_tc.hpp | d * Real(0.5) * (e * e * inverse - 1) | d * (e * e * inverse - 1) | *ops in models*
objectives/factor.cpp | for (Index j = 0; j < m.cols; ++j) | for (Index j = 0; j < m.cols; ++j, stream = Stream(seed, Purpose::other, step)) | factor*
objectives/factor.cpp | below(std::uint64_t(i)) | below(std::uint64_t(i - 1)) | factor*
objectives/factor.cpp | b.objective - s[weight] | b.objective + s[weight] | factor*
objectives/factor.cpp | softplus(-real) + softplus(mixed) | softplus(real) + softplus(-mixed) | factor*
objectives/factor.cpp | (*critic)(stop_gradient(draw.z)) | (*critic)(draw.z) | factor*
objectives/factor.cpp | const Frozen theirs(tape, s.opponent->parameters); | (void)tape; | factor*
objectives/dip.cpp | s[diagonal], s[off_diagonal]); | s[off_diagonal], s[diagonal]); | dip*
objectives/dip.cpp | (1 / n) * matmul(transpose(from_mean), from_mean) | (1 / (n - 1)) * matmul(transpose(from_mean), from_mean) | dip*
objectives/dip.cpp | mean - (1 / n) * column_sums(mean) | mean | dip*
objectives/dip.cpp | .bound = dip_bound<false> | .bound = dip_bound<true> | dip*
objectives/dip.cpp | .bound = dip_bound<true> | .bound = dip_bound<false> | dip*
objectives/dip.cpp | exp(draw.q.log_variance) | exp(0.5 * draw.q.log_variance) | dip*
objectives/dip.cpp | one * ((1 / n) * column_sums(exp(draw.q.log_variance))) | (1 / n) * column_sums(exp(draw.q.log_variance)) | dip*
objectives/mmd.cpp | k.total(p, p) - 2 * n * k.at_zero() | k.total(p, p) | mmd*
objectives/mmd.cpp | Kernel k{s[kernel] == 1, 2 * double(z.shape().cols)} | Kernel k{s[kernel] == 1, double(z.shape().cols)} | mmd*
objectives/mmd.cpp | (2 / (n * n)) * k.total(z, p) | (2 / (n * (n - 1))) * k.total(z, p) | mmd*
objectives/mmd.cpp | b.objective - s[mmd_weight] | b.objective + s[mmd_weight] | mmd*
objectives/mmd.cpp | to + sum(scales[k] * c / (scales[k] * c + d)) | to + sum(c / (scales[k] * c + d)) | mmd*
objectives/adversarial.cpp | softplus(-(*critic)(draw.z)) | softplus((*critic)(draw.z)) | adversarial*
objectives/adversarial.cpp | 0.5 * average(softplus(-of_prior)) + 0.5 * average(softplus(of_code)) | 0.5 * average(softplus(of_prior)) + 0.5 * average(softplus(-of_code)) | adversarial*
objectives/adversarial.cpp | (*critic)(stop_gradient(draw.z)) | (*critic)(draw.z) | adversarial*
objectives/adversarial.cpp | const Frozen theirs(draw.z.tape(), s.opponent->parameters); | (void)s; | adversarial*
objectives/rae.cpp | s[regulariser_weight] * draw.decoder_weights | draw.decoder_weights | *rae*
objectives/rae.cpp | row_sums(square(draw.z)) | row_sums(abs(draw.z)) | *rae*
objectives/rae.cpp | s[regulariser_weight] * draw.decoder_slope | s[regulariser_weight] * sqrt(draw.decoder_slope) | *rae*
objectives/iwae.cpp | kl(draw)} | s.beta * kl(draw)} | objectives*
objectives/mmd.cpp | all = kl(draw); | all = s.beta * kl(draw); | objectives*
objectives/dip.cpp | all = kl(draw); | all = s.beta * kl(draw); | objectives*
objectives/adversarial.cpp | log_likelihood, kl(draw)}; | log_likelihood, 0 * kl(draw)}; | objectives*
objectives/tc.cpp | {log_likelihood - s.beta * all, | {s.beta * (log_likelihood - all), | objectives*
objectives/piwae.cpp | reshape(stop_gradient(log_w), B * M, K) | reshape(stop_gradient(log_weights(log_px, draw)), B * M, K) | piwae*
metrics/factors/disentanglement.cpp | v[a] / all[a] < v[b] / all[b] | v[a] < v[b] | *FactorVAE*
metrics/factors/factor_scores.cpp | double(share(j, Index(k))) * entropy[k] | double(share(j, Index(k))) | modularity*
likelihoods/ms_ssim.cpp | c2 = 0.03 * 0.03 | c2 = 0.03 | *ms-ssim*
likelihoods/ms_ssim.cpp | weights[j] / sum_of_weights(scales)); | weights[j]); | *ms-ssim*
likelihoods/ms_ssim.cpp | x = halved(x, image), y = halved(y, image), image = halved(image); | ; | *ms-ssim*
likelihoods/ms_ssim.cpp | Var(row_sums(l * cs)) : Var(row_sums(cs)) | Var(row_sums(l * cs)) : Var(row_sums(l * cs)) | *ms-ssim*
likelihoods/ms_ssim.cpp | (2 * sigma * sigma) | (sigma * sigma) | *ms-ssim*
hierarchies/top_down.cpp | return meeting(network).before; | return network; | top-down*
networks/networks.cpp | of_width(last.layers.front(), numbers) | dense(numbers) | what parameters*
hierarchies/top_down.cpp | to[l].p = given_above(l, to[l + 1].z, seen.pass); | to[l].p = given_above(l, 0 * to[l + 1].z, seen.pass); | *ierarch*
'
missed=0 tried=0
while IFS='|' read -r file right made names; do
  [[ -n $made ]] || continue
  read -r file <<<"$file"; read -r names <<<"$names"
  [[ $file == *$only* ]] || continue
  at=$folder/source/models/inference/$file
  [[ -e $at ]] || at=$folder/source/models/$file
  cp "$at" "$folder/right"
  RIGHT=$right MADE=$made python3 - "$at" <<'PY'
import os, sys
clean = lambda s: os.environ[s].strip().replace("\\|", "|").replace("\x01", "|")
text = open(sys.argv[1]).read()
if text.count(clean("RIGHT")) != 1: sys.exit(f"{sys.argv[1]}: not there once: {clean('RIGHT')}")
open(sys.argv[1], "w").write(text.replace(clean("RIGHT"), clean("MADE")))
PY
  ((++tried))
  if ! build; then echo "does not compile: $file: $made"; ((++missed)); tail -5 "$folder/log"
  elif tests "$names"; then echo "NOT NOTICED: $file: $made"; ((++missed))
  else echo "noticed by $(grep -c 'ERROR' "$folder/out") checks: $file: $made"; fi
  cp "$folder/right" "$at"
done < <(sed 's/\\||/\x01\x01/g; s/\\|\\|/\x01\x01/g' <<<"$wrong")
build
tests '*' || { echo "the right code fails its tests"; exit 1; }
echo "$tried wrong variants, $missed not noticed"
(( missed == 0 ))
