// The tables of one recipe of aether/1: what `fused.py` says in torch, for processors. See there for what they hold.
//
// Parameters come as floats in the order of the process's operators: exposure, white balance (2), tone (9), vibrance,
// saturation, and the colour mixer's eight hues, saturations and luminances.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "native.h"

constexpr int PARAMETERS = 38;
constexpr int HUES = 16384, LEVELS = 16384;
constexpr float LOWEST = -0.25f, HIGHEST = 1.25f;

// What a hue becomes, in sextants; the slope of the saturation map at grey; the factor beside that map; the binary
// logarithm of the slope of the luma map for pure colours.
struct Edit {
    float hue, slope, factor, luminance;
};

struct Sliders {
    float vibrance, saturation;
};

struct RenderTables {
    float channels[3][256];  // by 8-bit value
    std::vector<Edit> edits = std::vector<Edit>(HUES + 1);
    Sliders sliders;
};

struct UnrenderTables {
    uint8_t channels[3][LEVELS + 1];  // by level
    int32_t gamut[3][2];              // the first and the last level of each channel that is not clipped
    std::vector<Edit> edits = std::vector<Edit>(HUES + 1);
    Sliders sliders;
};

void make_tables(const float *parameters, RenderTables &tables);
void make_tables(const float *parameters, UnrenderTables &tables);
