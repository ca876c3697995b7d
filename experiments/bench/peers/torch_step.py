"""The step of `vaegrad bench` in PyTorch: `torch_step.py eager` or `torch_step.py compiled`."""
import math
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

from protocol import serve

torch.set_num_threads(len(os.sched_getaffinity(0)))
compiled = sys.argv[1] == "compiled"


class Vae(nn.Module):
    def __init__(self, case):
        super().__init__()
        activation = nn.Tanh if case.activation == "tanh" else nn.ReLU
        layers = []
        for w, b in zip(case.weights[::2], case.weights[1::2]):
            layer = nn.Linear(*w.shape)
            layer.weight.data = torch.from_numpy(w.T.copy())
            layer.bias.data = torch.from_numpy(b.copy())
            layers.append(layer)
        n = len(case.hidden)
        self.encoder = nn.Sequential(*(m for l in layers[:n] for m in (l, activation())))
        self.mean, self.log_variance = layers[n : n + 2]
        self.decoder = nn.Sequential(*(m for l in layers[n + 2 : -1] for m in (l, activation())),
                                     layers[-1])
        self.particles, self.importance_weighted = case.particles, case.importance_weighted

    def forward(self, x, noise):
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        if not self.importance_weighted:
            z = mean + torch.exp(0.5 * log_variance) * noise
            nll = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none").sum(1)
            kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
            return (nll + kl).mean()
        k = self.particles
        mean, log_variance = mean.unsqueeze(1), log_variance.unsqueeze(1)
        noise = noise.view(x.shape[0], k, -1)
        z = mean + torch.exp(0.5 * log_variance) * noise
        log_ratio = 0.5 * (noise.square() + log_variance - z.square()).sum(2)
        target = x.unsqueeze(1).expand(-1, k, -1)
        log_px = -F.binary_cross_entropy_with_logits(self.decoder(z), target,
                                                     reduction="none").sum(2)
        return -(torch.logsumexp(log_px + log_ratio, 1) - math.log(k)).mean()


def setup(case):
    vae = Vae(case)
    optimiser = torch.optim.Adam(vae.parameters(), lr=1e-3, fused=True)
    images = torch.from_numpy(case.images)
    loss_of = torch.compile(vae) if compiled else vae
    shape = (case.batch * case.particles, case.latent)

    def step(rows, noise):
        x = images[torch.from_numpy(rows)].float() / 255
        noise = torch.randn(shape) if noise is None else torch.from_numpy(noise)
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(x, noise)
        loss.backward()
        optimiser.step()
        return loss.detach()

    return step


serve(setup, torch.manual_seed)
