"""Every process that a config can name."""

from operators.color_mixer import COLOR_MIXER
from operators.exposure import EXPOSURE
from operators.process import Process
from operators.saturation import SATURATION
from operators.tone import TONE
from operators.white_balance import WHITE_BALANCE

AETHER_1 = Process("aether/1", (EXPOSURE, WHITE_BALANCE, TONE, SATURATION, COLOR_MIXER))

PROCESSES = {process.name: process for process in (AETHER_1,)}
