"""Sizes of the models, and how parameters and FLOPs are counted. Needs no JAX."""

from __future__ import annotations

from dataclasses import dataclass

VOCABULARY = 256
CONTEXT = 128
HEAD_WIDTH = 16


@dataclass(frozen=True)
class Size:
    """A decoder-only transformer: width, number of layers; feed-forward four times as wide."""

    width: int
    layers: int

    @property
    def name(self) -> str:
        """Short name, e.g. ``w64l3``."""
        return f"w{self.width}l{self.layers}"

    @property
    def heads(self) -> int:
        """Attention heads, each 16 wide."""
        return self.width // HEAD_WIDTH

    @property
    def parameters(self) -> int:
        """Non-embedding parameters (Kaplan et al. 2020): matrices and norms of the layers.

        Per layer 4 d^2 for attention, 8 d^2 for the feed-forward part and 2 d for norms;
        d for the last norm. Without token and position embeddings and the output matrix.
        """
        return self.layers * (12 * self.width**2 + 2 * self.width) + self.width

    def all_parameters(self, context: int = CONTEXT) -> int:
        """Parameters with embeddings and output matrix (Hoffmann et al. 2022)."""
        return self.parameters + (2 * VOCABULARY + context) * self.width

    def forward_flops(self, length: int) -> int:
        """FLOPs of a forward pass over one sequence, counted from the matrix products.

        Layers, attention logits and weighted values (over the full square, as computed), and
        the output matrix; a multiplication and an addition are two FLOPs (Hoffmann et al.
        2022, appendix F, whose embedding look-up we count as nothing, because it is none).
        """
        matrices = 2 * length * 12 * self.layers * self.width**2
        attention = 2 * 2 * length**2 * self.layers * self.width
        output = 2 * length * self.width * VOCABULARY
        return matrices + attention + output

    def training_flops(self, tokens: int) -> int:
        """FLOPs of training on a number of tokens: forward, and backward at twice that."""
        return 3 * self.forward_flops(CONTEXT) * (tokens // CONTEXT)
