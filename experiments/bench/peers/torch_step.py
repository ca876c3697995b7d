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


class ConvolutionalVae(nn.Module):
    """Encoder and decoder of case.convolutions with one activation; channels-first, as torch has it."""

    def __init__(self, case):
        super().__init__()
        self.activation = torch.tanh if case.activation == "tanh" else torch.relu
        pairs = iter(zip(case.weights[::2], case.weights[1::2]))
        c = case.convolutions
        channels, height, width = self.shape = c[-1]["channels"], *self.out(c[-1])
        self.encoder = nn.ModuleList(self.convolution(nn.Conv2d, g, *next(pairs)) for g in c)
        self.mean, self.log_variance = (self.linear(*next(pairs)) for _ in range(2))
        # their rows are pixels with the channels last
        for layer in (self.mean, self.log_variance):
            w = layer.weight.data.view(-1, height, width, channels)
            layer.weight.data = w.permute(0, 3, 1, 2).reshape(w.shape[0], -1).contiguous()
        self.features = self.linear(*next(pairs))
        w = self.features.weight.data.view(height, width, channels, -1)
        self.features.weight.data = w.permute(2, 0, 1, 3).reshape(-1, w.shape[-1]).contiguous()
        b = self.features.bias.data.view(height, width, channels)
        self.features.bias.data = b.permute(2, 0, 1).reshape(-1).contiguous()
        self.decoder = nn.ModuleList(self.convolution(nn.ConvTranspose2d, g, *next(pairs))
                                     for g in reversed(c[1:]))
        w, b = next(pairs)
        self.last = self.convolution(nn.ConvTranspose2d, c[0], w, None)
        self.pixels = nn.Parameter(torch.from_numpy(b.copy()))

    @staticmethod
    def out(g):
        return [(g[n] + 2 * g["padding"] - g["kernel"]) // g["stride"] + 1
                for n in ("height", "width")]

    def convolution(self, kind, g, w, b):
        ends = g["channels_in"], g["channels"]
        back = kind is nn.ConvTranspose2d
        more = {}
        if back:  # the size that a mirrored convolution had
            more["output_padding"] = tuple(
                g[n] - ((o - 1) * g["stride"] - 2 * g["padding"] + g["kernel"])
                for n, o in zip(("height", "width"), self.out(g)))
        layer = kind(*(ends[::-1] if back else ends), g["kernel"], g["stride"], g["padding"],
                     bias=b is not None, **more)
        # both kinds have (channels, channels_in, kernel, kernel)
        w = torch.from_numpy(w.copy()).view(g["kernel"], g["kernel"], *ends)
        layer.weight.data = w.permute(3, 2, 0, 1).contiguous()
        if b is not None:
            layer.bias.data = torch.from_numpy(b.copy())
        return layer

    @staticmethod
    def linear(w, b):
        layer = nn.Linear(*w.shape)
        layer.weight.data = torch.from_numpy(w.T.copy())
        layer.bias.data = torch.from_numpy(b.copy())
        return layer

    def forward(self, x, noise):
        h = x.view(-1, 1, 28, 28)
        for layer in self.encoder:
            h = self.activation(layer(h))
        h = h.flatten(1)
        mean, log_variance = self.mean(h), self.log_variance(h)
        z = mean + torch.exp(0.5 * log_variance) * noise
        h = self.activation(self.features(z)).view(-1, *self.shape)
        for layer in self.decoder:
            h = self.activation(layer(h))
        logits = self.last(h).flatten(1) + self.pixels
        nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        return (nll + kl).mean()


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
    vae = ConvolutionalVae(case) if case.convolutions else Vae(case)
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
