"""Whisper (Radford et al. 2022), multilingual, size `base`: what it expects to be said next, given a sound and the words so far.

Follows whisper/model.py, in NumPy: for a few seconds of sound and a dozen words that costs a second of one core, and the program
that has to stay small brings no second runtime. Only known words are ever asked for, so nothing is decoded here.
"""

from collections.abc import Mapping, Sequence

import numpy as np

HEADS = 8
LAYERS = 6
WIDTH = 512
BANDS = 80
POSITIONS = 1500
"""Longest sound in states of 20 ms: 30 s."""

_EPSILON = 1e-5
_TABLE = "decoder/embeddings/weight"
_ALL = slice(None)


class Whisper:
    """The network. Safe to call from several threads.

    Weights stay in the half precision they were published in; each is widened while it is used, which costs a fifth of a check
    and saves as much memory again.
    """

    def __init__(self, variables: Mapping[str, np.ndarray]) -> None:
        """Args:
        variables: as `lipgate.desktop.kiosk.ears.weights` reads them.
        """
        self._variables = variables

    def hear(self, mel: np.ndarray) -> np.ndarray:
        """States of a sound.

        Args:
            mel: float32 (80, 2 t), log-mel columns at 100 a second as of `lipgate.core.sync.whisper.logmel`; t at most 1,500.

        Returns:
            float32 (t, 512), at 50 a second.
        """
        x = _gelu(self._convolved(mel, "encoder/conv1", 1))
        x = _gelu(self._convolved(x.T, "encoder/conv2", 2))
        x = x + self._values("encoder/position_encodings/encodings", slice(len(x)))
        for layer in range(LAYERS):
            part = f"encoder/layer_{layer}"
            x = x + self._self_attention(x, part)
            x = x + self._mlp(x, part)
        return self._norm(x, "encoder")

    def expects(self, states: np.ndarray, said: Sequence[int], candidates: Sequence[int]) -> np.ndarray:
        """How likely each of some tokens comes next, after each of the tokens said.

        Args:
            states: from `hear`.
            said: tokens, at most 448.
            candidates: tokens that are weighed against each other; no other is considered.

        Returns:
            float32 (len(said), len(candidates)), natural logarithms; each row's likelihoods add up to 1.
        """
        x = self._values(_TABLE, list(said)) + self._values("decoder/position_encodings/encodings", slice(len(said)))
        hidden = np.triu(np.full((len(said), len(said)), -np.inf, np.float32), 1)
        for layer in range(LAYERS):
            part = f"decoder/layer_{layer}"
            x = x + self._self_attention(x, part, hidden)
            query = self._linear(self._norm(x, f"{part}/attention"), f"{part}/attention/linear_0")
            key, value = np.split(self._linear(states, f"{part}/attention/linear_1"), 2, 1)
            x = x + self._linear(_attention(query, key, value), f"{part}/attention/linear_2")
            x = x + self._mlp(x, part)
        logits = self._norm(x, "decoder") @ self._values(_TABLE, list(candidates)).T
        logits -= logits.max(1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(1, keepdims=True))

    def _values(self, name: str, rows: slice | list[int] = _ALL) -> np.ndarray:
        return self._variables[name][rows].astype(np.float32)

    def _linear(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self._values(f"{name}/weight").T + self._values(f"{name}/bias")

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(1, keepdims=True)
        scale = np.sqrt((centred**2).mean(1, keepdims=True) + _EPSILON)
        return centred / scale * self._values(f"{name}/layer_norm/gamma") + self._values(f"{name}/layer_norm/beta")

    def _self_attention(self, x: np.ndarray, part: str, hidden: np.ndarray | None = None) -> np.ndarray:
        inputs = self._linear(self._norm(x, f"{part}/self_attention"), f"{part}/self_attention/linear_0")
        query, key, value = np.split(inputs, 3, axis=1)
        return self._linear(_attention(query, key, value, hidden), f"{part}/self_attention/linear_1")

    def _mlp(self, x: np.ndarray, part: str) -> np.ndarray:
        return self._linear(_gelu(self._linear(self._norm(x, f"{part}/ffn"), f"{part}/ffn/linear_0")), f"{part}/ffn/linear_1")

    def _convolved(self, x: np.ndarray, name: str, stride: int) -> np.ndarray:
        """Convolution of width 3 over time: (channels, t) to (ceil(t / stride), 512)."""
        kernel = self._values(f"{name}/weight")
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (1, 1))), 3, axis=1)[:, ::stride]
        columns = windows.transpose(1, 0, 2).reshape(windows.shape[1], -1)
        return columns @ kernel.reshape(len(kernel), -1).T + self._values(f"{name}/bias")


def _attention(query: np.ndarray, key: np.ndarray, value: np.ndarray, hidden: np.ndarray | None = None) -> np.ndarray:
    """Attention of 8 heads, one after another: all at once would take eight times the memory."""
    mixed = np.empty_like(query)
    for head in range(HEADS):
        own = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
        weights = query[:, own] @ key[:, own].T * (WIDTH // HEADS) ** -0.5
        if hidden is not None:
            weights += hidden
        weights = np.exp(weights - weights.max(1, keepdims=True))
        mixed[:, own] = weights @ value[:, own] / weights.sum(1, keepdims=True)
    return mixed


def _gelu(x: np.ndarray) -> np.ndarray:
    """The usual approximation by tanh, within 0.0005 of the exact one."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(np.float32(2 / np.pi)) * (x * (1 + 0.044715 * x * x))))
