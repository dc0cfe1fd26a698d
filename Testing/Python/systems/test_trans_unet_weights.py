"""TransUNet begun with a file of weights, small ones written as the two kinds of files have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from MTINetLib.errors import InputError
from MTINetLib.systems.trans_unet import ARCHITECTURE, TransUNetSettings, make_encoder

SMALL = TransUNetSettings(64, blocks=(1, 1, 1), width=24, depth=2, heads=2, decoder_widths=(8, 8, 8, 4, 4))


@pytest.fixture(scope="module")
def given() -> dict[str, Tensor]:
    """Of a picture of 96 x 96 pixels in three colours."""
    torch.manual_seed(0)
    encoder = make_encoder(replace(SMALL, image_size=96, phase_count=3))
    return {name: torch.randn_like(value) for name, value in encoder.state_dict().items()}


def begun_with(path: Path) -> dict[str, Tensor]:
    network = ARCHITECTURE.build(replace(SMALL, pretrained=str(path)))
    assert network.settings.pretrained == ""  # type: ignore[attr-defined]
    return network.body.encoder.state_dict()  # type: ignore


def written(folder: Path, weights: dict[str, Tensor]) -> Path:
    path = folder / "weights.safetensors"
    save_file(weights, path)
    return path


def as_published(given: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """With the names and the axes of google-research/vision_transformer, and what is not taken."""
    values: dict[str, np.ndarray] = {"cls": np.zeros((1, 1, 24)), "head/kernel": np.zeros((24, 5))}
    one = {name: value.numpy() for name, value in given.items()}
    for number in range(2):
        here, there = f"blocks.{number}.", f"Transformer/encoderblock_{number}/"
        attention = there + "MultiHeadDotProductAttention_1/"
        for place, part in enumerate(("query", "key", "value")):
            rows = slice(24 * place, 24 * (place + 1))
            kernel = one[here + "attn.qkv.weight"][rows].T.reshape(24, 2, 12)
            values[f"{attention}{part}/kernel"] = kernel
            values[f"{attention}{part}/bias"] = one[here + "attn.qkv.bias"][rows].reshape(2, 12)
        values[attention + "out/kernel"] = one[here + "attn.proj.weight"].T.reshape(2, 12, 24)
        values[attention + "out/bias"] = one[here + "attn.proj.bias"]
        for ours, theirs in (("norm1", "LayerNorm_0"), ("norm2", "LayerNorm_2")):
            values[f"{there}{theirs}/scale"] = one[f"{here}{ours}.weight"]
            values[f"{there}{theirs}/bias"] = one[f"{here}{ours}.bias"]
        for ours, theirs in (("fc1", "Dense_0"), ("fc2", "Dense_1")):
            values[f"{there}MlpBlock_3/{theirs}/kernel"] = one[f"{here}mlp.{ours}.weight"].T
            values[f"{there}MlpBlock_3/{theirs}/bias"] = one[f"{here}mlp.{ours}.bias"]
    pairs = {"patch_embed.backbone.stem.conv": "conv_root", "patch_embed.proj": "embedding"}
    norms = {"patch_embed.backbone.stem.norm": "gn_root", "norm": "Transformer/encoder_norm"}
    for stage in range(3):
        here, there = f"patch_embed.backbone.stages.{stage}.blocks.0.", f"block{stage + 1}/unit1/"
        pairs |= {f"{here}conv{n}": f"{there}conv{n}" for n in (1, 2, 3)}
        norms |= {f"{here}norm{n}": f"{there}gn{n}" for n in (1, 2, 3)}
        pairs[here + "downsample.conv"], norms[here + "downsample.norm"] = (
            there + "conv_proj",
            there + "gn_proj",
        )
    for ours, theirs in pairs.items():
        values[theirs + "/kernel"] = one[ours + ".weight"].transpose(2, 3, 1, 0)
        if ours + ".bias" in one:
            values[theirs + "/bias"] = one[ours + ".bias"]
    for ours, theirs in norms.items():
        shape = (-1,) if ours == "norm" else (1, 1, 1, -1)
        values[theirs + "/scale"] = one[ours + ".weight"].reshape(shape)
        values[theirs + "/bias"] = one[ours + ".bias"].reshape(shape)
    with_class = np.concatenate([np.full((1, 1, 24), 9.0, np.float32), one["pos_embed"]], axis=1)
    values["Transformer/posembed_input/pos_embedding"] = with_class
    return values


def test_weights_by_the_librarys_names_are_taken_over(given: dict[str, Tensor], tmp_path: Path) -> None:
    begun = begun_with(written(tmp_path, given))
    adapted = {"patch_embed.backbone.stem.conv.weight", "pos_embed"}
    assert all(torch.equal(begun[name], given[name]) for name in set(given) - adapted)
    stem = begun["patch_embed.backbone.stem.conv.weight"]
    # Four equal phases answer as three equal colours do.
    torch.testing.assert_close(stem.sum(1), given["patch_embed.backbone.stem.conv.weight"].sum(1))
    torch.testing.assert_close(stem[:, 0], stem[:, 3])
    assert begun["pos_embed"].shape == (1, 16, 24)


def test_codes_of_places_keep_what_varies_slowly(given: dict[str, Tensor], tmp_path: Path) -> None:
    rows = torch.arange(6.0)[:, None].expand(6, 6)
    ramp = rows.reshape(1, 36, 1).expand(1, 36, 24).contiguous()
    codes = begun_with(written(tmp_path, given | {"pos_embed": ramp}))["pos_embed"].reshape(4, 4, 24)
    torch.testing.assert_close(codes[:, :, 0], codes[:, :1, 5].expand(4, 4))
    assert (codes.diff(dim=0) > 1).all()


def test_the_published_file_gives_the_same(given: dict[str, Tensor], tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", **as_published(given))
    published, own = begun_with(tmp_path / "weights.npz"), begun_with(written(tmp_path, given))
    for name, value in own.items():
        torch.testing.assert_close(published[name], value)


def test_a_wrong_file_is_named_with_what_does_not_fit(given: dict[str, Tensor], tmp_path: Path) -> None:
    lacking = {name: value for name, value in given.items() if name != "blocks.1.mlp.fc2.weight"}
    with pytest.raises(InputError, match=r"weights.safetensors has no weight 'blocks.1.mlp.fc2.weight'"):
        begun_with(written(tmp_path, lacking))
    with pytest.raises(InputError, match=r"'norm.bias' .* has the shape \(7,\), the network's \(24,\)"):
        begun_with(written(tmp_path, given | {"norm.bias": torch.zeros(7)}))
    (tmp_path / "broken.npz").write_bytes(b"no weights")
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    np.savez(tmp_path / "pickled.npz", weight=np.array([{}], dtype=object))
    for name in ("broken.npz", "broken.safetensors", "pickled.npz", "missing.npz", "weights.pth"):
        with pytest.raises(InputError, match=f"The weights in .*{name} cannot be read"):
            begun_with(tmp_path / name)
