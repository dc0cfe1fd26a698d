"""The network's per-slice part run by OpenVINO instead of torch, on a CPU (extra ``openvino``).

Every slice's mask comes from OpenVINO. The heads, asked only in the few slices that hold a lesion, stay
with torch, and so does the FFT of the high-pass, which OpenVINO would not run faster.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from MTINetLib.errors import InputError, MissingResourceError
from MTINetLib.models.batching import CPU_BATCH
from MTINetLib.models.device import Compute
from MTINetLib.network.fold import prepare_for_inference
from MTINetLib.network.mtinet import MTINet

_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}


class OpenVinoNetwork:
    """Answers as a prepared :class:`MTINet` does, for :class:`MTINetLib.inference.predict.SlicePredictor`.

    Args:
        torch_network: prepared for the same precision; it reads lesions.
        model: the OpenVINO model from phases and high-passed phases to mask logits.
        hint: ``f32`` or ``bf16``.
        batch: slices at once; fewer are filled up, more get a compilation of their own.
    """

    def __init__(self, torch_network: MTINet, model: Any, hint: str, batch: int) -> None:
        self.settings = torch_network.settings
        self._network = torch_network
        self._model = model
        self._hint = hint
        self._batch = batch
        self._requests: dict[int, Any] = {}
        self._request(batch)

    def encode(self, phases: Tensor) -> list[Tensor]:
        """No maps: they never leave OpenVINO. Lesions are read from the images again."""
        return []

    def segment(self, features: list[Tensor], phases: Tensor) -> Tensor:
        """Phases [B, P, S, S], float32, on the CPU -> mask logits, float32 [B, 1, S, S]."""
        count = len(phases)
        size = max(count, self._batch)
        waves = self._network.highpass(phases)
        inputs = [_filled_up(images, size).numpy() for images in (phases.float(), waves)]
        # The request's own output is overwritten by the next call, so the answer is a copy.
        answer = self._request(size).infer(inputs, share_inputs=True)[0][:count]
        return torch.from_numpy(answer.copy())

    def read_lesion(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve and class of the lesion under the focus, by torch; see :meth:`MTINet.read_lesion`."""
        return self._network.read_lesion(self._network.encode(phases), phases, focus)

    def _request(self, size: int) -> Any:
        if size not in self._requests:
            openvino = _openvino()
            shape = openvino.PartialShape([size, self.settings.phase_count, *[self.settings.image_size] * 2])
            self._model.reshape(dict.fromkeys(self._model.inputs, shape))
            options = {
                "INFERENCE_PRECISION_HINT": self._hint,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            }
            compiled = openvino.Core().compile_model(self._model, "CPU", options)
            self._requests[size] = compiled.create_infer_request()
        return self._requests[size]


def is_available() -> bool:
    """Whether the package is installed."""
    return importlib.util.find_spec("openvino") is not None


def openvino_network(network: MTINet, compute: Compute, batch: int = CPU_BATCH) -> OpenVinoNetwork:
    """Convert and compile a network; takes some seconds.

    Args:
        network: as trained, float32, on the CPU (``LoadedModel.network``).
        compute: the CPU, and the precision.

    Raises:
        InputError: another device than the CPU.
        MissingResourceError: OpenVINO is not installed.
    """
    if compute.device.type != "cpu":
        raise InputError(f"OpenVINO runs on the CPU here, not on {compute.device}; use the device cpu.")
    model = _converted(prepare_for_inference(network))
    return OpenVinoNetwork(prepare_for_inference(network, compute.dtype), model, _HINTS[compute.dtype], batch)


class _Segmentation(nn.Module):
    def __init__(self, network: MTINet) -> None:
        super().__init__()
        self.network = network

    def forward(self, phases: Tensor, waves: Tensor) -> Tensor:
        return self.network.segment(self.network.encode(phases, waves), phases)


def _converted(network: MTINet) -> Any:
    """Through the frontend itself: ``openvino.convert_model`` reports its use over the internet."""
    _openvino()
    frontend = importlib.import_module("openvino.frontend")
    decoders = importlib.import_module("openvino.frontend.pytorch.ts_decoder")
    side = network.settings.image_size
    example = tuple(torch.zeros(1, network.settings.phase_count, side, side) for _ in range(2))
    with torch.no_grad(), warnings.catch_warnings():
        # Tracing warns of the shape check, whose answer is the same for every slice.
        warnings.simplefilter("ignore")
        decoder = decoders.TorchScriptPythonDecoder(_Segmentation(network), example_input=example)
    pytorch = frontend.FrontEndManager().load_by_framework("pytorch")
    return pytorch.convert(pytorch.load(decoder))


def _filled_up(images: Tensor, size: int) -> Tensor:
    """At least ``size`` images, the missing ones zero, contiguous."""
    missing = size - len(images)
    if missing > 0:
        images = torch.cat([images, images.new_zeros(missing, *images.shape[1:])])
    return images.contiguous()


def _openvino() -> ModuleType:
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise MissingResourceError(
            "OpenVINO is not installed; run pip install 'MTINetLib[openvino]' or use torch."
        ) from error
