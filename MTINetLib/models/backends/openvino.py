"""A network's per-slice part run by OpenVINO instead of torch, on a CPU (extra ``openvino``).

Every slice's mask comes from OpenVINO. Lesions, asked about only in the few slices that hold one, are read by
torch, and so is what the architecture leaves out of its graph.
"""

from __future__ import annotations

import importlib
import warnings
from functools import lru_cache
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from MTINetLib.errors import MissingResourceError
from MTINetLib.models.architectures import Architecture
from MTINetLib.models.device import Compute
from MTINetLib.network.segmentation_graph import SegmentationGraph
from MTINetLib.network.slice_network import Segmentation, SliceNetwork
from MTINetLib.network.slice_settings import SliceSettings, input_channels

_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}


class OpenVinoNetwork:
    """A :class:`MTINetLib.models.backends.runner.SliceRunner`.

    Args:
        torch_network: ready for the same precision; it reads lesions.
        graph: of the network in float32.
        hint: ``f32`` or ``bf16``.
        batch: slices at once; fewer are filled up, more get a compilation of their own.
    """

    def __init__(self, torch_network: SliceNetwork, graph: SegmentationGraph, hint: str, batch: int) -> None:
        self._network = torch_network
        self._graph = graph
        self._model = _converted(graph, self._slices(1))
        self._hint = hint
        self._batch = batch
        self._requests: dict[int, Any] = {}
        self._request(batch)

    @property
    def settings(self) -> SliceSettings:
        """Of the network."""
        return self._network.settings

    def encode(self, phases: Tensor) -> list[Tensor]:
        """No maps: they never leave OpenVINO. Lesions are read from the images again."""
        return []

    def segment(self, features: list[Tensor], phases: Tensor) -> Segmentation:
        """Input [B, C, S, S], float32, on the CPU -> logits, float32."""
        count = len(phases)
        size = max(count, self._batch)
        inputs = [_filled_up(images, size).numpy() for images in self._graph.inputs(phases)]
        answers = self._request(size).infer(inputs, share_inputs=True)
        # The request's own outputs are overwritten by the next call, so these are copies.
        return Segmentation(*(torch.from_numpy(answers[n][:count].copy()) for n in range(len(answers))))

    def read(
        self, features: list[Tensor], phases: Tensor, focus: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Curve and class of the lesion under the focus, by torch."""
        return self._network.read(self._network.encode(phases), phases, focus)

    def _request(self, size: int) -> Any:
        if size not in self._requests:
            openvino = _openvino()
            shapes = [openvino.PartialShape(list(image.shape)) for image in self._slices(size)]
            self._model.reshape(dict(zip(self._model.inputs, shapes, strict=True)))
            options = {
                "INFERENCE_PRECISION_HINT": self._hint,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            }
            compiled = _core().compile_model(self._model, "CPU", options)
            self._requests[size] = compiled.create_infer_request()
        return self._requests[size]

    def _slices(self, count: int) -> tuple[Tensor, ...]:
        """Empty inputs of the graph."""
        settings = self._network.settings
        return self._graph.inputs(torch.zeros(count, input_channels(settings), *[settings.image_size] * 2))


def openvino_network(
    architecture: Architecture, network: SliceNetwork, compute: Compute, batch: int
) -> OpenVinoNetwork:
    """Convert and compile a network; takes some seconds.

    Args:
        architecture: of the network.
        network: as trained, float32, on the CPU (``LoadedModel.network``).
        compute: the CPU, and the precision.
        batch: slices at once.

    Raises:
        MissingResourceError: OpenVINO is not installed.
    """
    graph = architecture.graph(architecture.ready(network, torch.float32))
    ready = architecture.ready(network, compute.dtype)
    return OpenVinoNetwork(ready, graph, _HINTS[compute.dtype], batch)


def _converted(graph: SegmentationGraph, example: tuple[Tensor, ...]) -> Any:
    """Through the frontend itself: ``openvino.convert_model`` reports its use over the internet."""
    _openvino()
    frontend = importlib.import_module("openvino.frontend")
    decoders = importlib.import_module("openvino.frontend.pytorch.ts_decoder")
    with torch.no_grad(), warnings.catch_warnings():
        # Tracing warns of the shape check, whose answer is the same for every slice.
        warnings.simplefilter("ignore")
        decoder = decoders.TorchScriptPythonDecoder(graph.module, example_input=example)
    pytorch = frontend.FrontEndManager().load_by_framework("pytorch")
    return pytorch.convert(pytorch.load(decoder))


def _filled_up(images: Tensor, size: int) -> Tensor:
    """At least ``size`` images, the missing ones zero, contiguous."""
    missing = size - len(images)
    if missing > 0:
        images = torch.cat([images, images.new_zeros(missing, *images.shape[1:])])
    return images.contiguous()


@lru_cache(maxsize=1)
def _core() -> Any:
    """OpenVINO's core, which stays until the process ends.

    A trap on Linux: its CPU plugin gives the thread that loads it an alternate signal stack, and takes the
    memory back when the plugin goes, from whichever thread. The next signal that the first thread handles in
    Python (a child ends while a data loader runs, Ctrl+C) then ends the process by SIGSEGV.
    """
    return _openvino().Core()


def _openvino() -> ModuleType:
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise MissingResourceError(
            "OpenVINO is not installed; run pip install 'MTINetLib[openvino]' or use torch."
        ) from error
