"""How large a network is before it is made. Needs no torch."""

from __future__ import annotations

import itertools

from MTINetLib.network.settings import NetworkSettings
from MTINetLib.network.slice_settings import input_channels


def weight_bytes(settings: NetworkSettings) -> int:
    """Bytes of MTI-Net's weights as float32, counted rather too high."""
    widths = (input_channels(settings), *settings.widths, *settings.decoder_widths)
    convolutions = 9 * 2 * settings.phase_count * sum(a * b for a, b in itertools.pairwise(widths))
    context = 18 * settings.context_blocks * (settings.phase_count * settings.widths[3]) ** 2
    width, small = settings.d_model, settings.tdd_width
    transformer = settings.transformer_depth * width * (4 * width + 2 * settings.ffn_width)
    tokens = (settings.token_count + 8) * width
    anatomy = settings.anatomy_classes * 2 * (2 * max(widths) * settings.phase_count + 1)
    return 4 * (convolutions + anatomy + context + transformer + tokens + settings.tdd_depth * 12 * small**2)
