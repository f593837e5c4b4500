"""Every process that a config can name."""

from operators.black_and_white import BLACK_AND_WHITE
from operators.calibration import CALIBRATION
from operators.color_mixer import COLOR_MIXER
from operators.contrast import CONTRAST
from operators.curves import COLOR_CURVE, TONE_CURVE
from operators.exposure import EXPOSURE
from operators.gain import COLOR_BALANCE, WHITE_GAINS, exposure_gain
from operators.gamma import GAMMA
from operators.levels import LEVELS
from operators.linear_light import DECODE, ENCODE
from operators.operator import clipped
from operators.process import Process
from operators.saturation import SATURATION
from operators.saturation_blend import SATURATION_BLEND
from operators.saturation_plus import SATURATION_PLUS
from operators.texture import TEXTURE
from operators.tone import TONE
from operators.value import HIGHLIGHTS, SHADOWS
from operators.white_balance import WHITE_BALANCE

AETHER_1 = Process("aether/1", (EXPOSURE, WHITE_BALANCE, TONE, SATURATION, COLOR_MIXER), grouped=True)

EXPERT_1 = Process(
    "expert/1", (EXPOSURE, WHITE_BALANCE, LEVELS, TONE, CALIBRATION, SATURATION, COLOR_MIXER), grouped=True
)
"""What real edits need beside the 38 sliders of aether/1: ends of the tone curve, and the primaries of a camera
profile. Made to be fitted to real pairs."""

EXPOSURE_1 = Process(
    "exposure/1",
    (
        DECODE,
        exposure_gain(3.5),
        GAMMA,
        WHITE_GAINS,
        SATURATION_PLUS,
        TONE_CURVE,
        CONTRAST,
        BLACK_AND_WHITE,
        COLOR_CURVE,
        ENCODE,
    ),
)
"""The eight filters of Exposure (Hu et al., 2018), in linear light."""

RLPIXTUNER_1 = Process(
    "rlpixtuner/1",
    tuple(
        clipped(operator)
        for operator in (
            exposure_gain(2.0),
            COLOR_BALANCE,
            SATURATION_BLEND,
            CONTRAST,
            HIGHLIGHTS,
            SHADOWS,
            TEXTURE,
        )
    ),
)
"""The pipeline of RLPixTuner: nine parameters, on encoded RGB, each operator's output clipped to [0, 1]."""

PROCESSES = {process.name: process for process in (AETHER_1, EXPERT_1, EXPOSURE_1, RLPIXTUNER_1)}
