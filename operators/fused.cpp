// The process aether/1 as one pass over 8-bit pixels: what `fused.py` says in torch, for processors.
//
// Pixels go through in blocks that stay in the nearest cache. Each step is a plain loop over a block, which compilers
// turn into vector instructions; tables are read in loops of their own, one pixel after the other, since gather
// instructions are no faster. One target serves all its recipes.

#include "tables.h"

namespace {

constexpr int BLOCK = 1024;
constexpr float RED = 0.299f, GREEN = 0.587f, BLUE = 0.114f;
constexpr float SMALLEST_CHROMA_LIMIT = 1e-3f;

struct Planes {
    float red[BLOCK], green[BLOCK], blue[BLOCK];
};

struct Colors {
    float hue[BLOCK], saturation[BLOCK], luma[BLOCK];
};

inline float inside(float x) { return std::min(std::max(x, 0.0f), 1.0f); }

inline float magnitude(float x) { return x < 0 ? -x : x; }

inline float red_of(float hue) { return inside(magnitude(hue - 3) - 1); }
inline float green_of(float hue) { return inside(2 - magnitude(hue - 2)); }
inline float blue_of(float hue) { return inside(2 - magnitude(hue - 4)); }

inline float chroma_limit(float pure_luma, float luma) {
    return std::max(std::min(luma / pure_luma, (1 - luma) / (1 - pure_luma)), SMALLEST_CHROMA_LIMIT);
}

inline float moebius(float x, float slope) {
    const float part = inside(x);
    return slope * part / (1 + (slope - 1) * part) + (x - part);
}

inline float color_weight(float saturation) {
    const float part = inside(saturation);
    return part * part * (3 - 2 * part);
}

// 2^x as the fourth power of a Taylor series; off by 1e-7 of the value for the exponents of the luminance sliders, which
// stay below 1.4.
inline float power_of_two(float x) {
    const float z = 0.25f * 0.69314718f * x;
    const float root = 1 + z * (1 + z * (1 / 2.0f + z * (1 / 6.0f + z * (1 / 24.0f + z * (1 / 120.0f)))));
    return (root * root) * (root * root);
}

inline float brightened(float luma, float luminance, float saturation) {
    return moebius(luma, power_of_two(luminance * color_weight(saturation)));
}

void to_colors(const Planes &planes, Colors &colors, int count) {
    for (int i = 0; i < count; i++) {
        const float red = planes.red[i], green = planes.green[i], blue = planes.blue[i];
        const float largest = std::max(std::max(red, green), blue);
        const float chroma = largest - std::min(std::min(red, green), blue);
        const float scale = 1 / (chroma > 0 ? chroma : 1.0f);
        const float around_red = (green - blue) * scale;
        const float from_red = around_red < 0 ? around_red + 6 : around_red;
        const float from_green = 2 + (blue - red) * scale;
        const float from_blue = 4 + (red - green) * scale;
        const float hue = largest == red ? from_red : (largest == green ? from_green : from_blue);
        const float pure_luma = RED * red_of(hue) + GREEN * green_of(hue) + BLUE * blue_of(hue);
        const float luma = RED * red + GREEN * green + BLUE * blue;
        colors.hue[i] = hue;
        colors.saturation[i] = chroma / chroma_limit(pure_luma, luma);
        colors.luma[i] = luma;
    }
}

inline void to_rgb(float hue, float saturation, float luma, float &red, float &green, float &blue) {
    const float pure_red = red_of(hue), pure_green = green_of(hue), pure_blue = blue_of(hue);
    const float pure_luma = RED * pure_red + GREEN * pure_green + BLUE * pure_blue;
    const float chroma = saturation * chroma_limit(pure_luma, luma);
    const float darkest = luma - chroma * pure_luma;
    red = darkest + chroma * pure_red;
    green = darkest + chroma * pure_green;
    blue = darkest + chroma * pure_blue;
}

void read_edits(const float *hues, const Edit *edits, Edit *found, int count) {
    int32_t at[BLOCK];
    for (int i = 0; i < count; i++) at[i] = std::min(std::max(int32_t(hues[i] * (HUES / 6.0f) + 0.5f), 0), HUES);
    for (int i = 0; i < count; i++) found[i] = edits[at[i]];
}

inline uint16_t to_level(float value) {
    const int32_t level = int32_t((value - LOWEST) * (LEVELS / (HIGHEST - LOWEST)) + 0.5f);
    return uint16_t(std::min(std::max(level, 0), LEVELS));
}

inline bool is_outside(uint16_t level, const int32_t (&gamut)[2]) { return (level < gamut[0]) | (level > gamut[1]); }

inline uint8_t to_byte(float value) { return uint8_t(inside(value) * 255 + 0.5f); }

}  // namespace

extern "C" {

// Inputs of one target. Pixels have their channels together.
//   target (N, 3); parameters (B, PARAMETERS)
//   -> inputs (B, N, 3); clipped (B), the number of pixels with a clipped channel
CLONES void unrender(int64_t pixels, int64_t pictures, const uint8_t *target, const float *parameters, uint8_t *inputs,
                     int64_t *clipped) {
    thread_local std::vector<UnrenderTables> tables;  // kept: fresh memory costs as much as what is written there
    tables.resize(std::max(tables.size(), size_t(pictures)));
    for (int64_t picture = 0; picture < pictures; picture++)
        make_tables(parameters + PARAMETERS * picture, tables[picture]);
    Planes planes;
    Colors colors;
    Edit found[BLOCK];
    uint16_t red[BLOCK], green[BLOCK], blue[BLOCK];
    std::fill(clipped, clipped + pictures, 0);
    for (int64_t start = 0; start < pixels; start += BLOCK) {
        const int count = int(std::min<int64_t>(BLOCK, pixels - start));
        const uint8_t *from = target + 3 * start;
        for (int i = 0; i < count; i++) {
            planes.red[i] = from[3 * i] * (1 / 255.0f);
            planes.green[i] = from[3 * i + 1] * (1 / 255.0f);
            planes.blue[i] = from[3 * i + 2] * (1 / 255.0f);
        }
        to_colors(planes, colors, count);
        for (int64_t picture = 0; picture < pictures; picture++) {
            const UnrenderTables &table = tables[picture];
            const Sliders slider = table.sliders;
            read_edits(colors.hue, table.edits.data(), found, count);
            for (int i = 0; i < count; i++) {
                const Edit edit = found[i];
                const float mixed = moebius(colors.saturation[i] * edit.factor, edit.slope);
                const float luma = brightened(colors.luma[i], edit.luminance, mixed);
                const float saturation = moebius(mixed * slider.saturation, slider.vibrance);
                float r, g, b;
                to_rgb(edit.hue, saturation, luma, r, g, b);
                red[i] = to_level(r), green[i] = to_level(g), blue[i] = to_level(b);
            }
            int outside = 0;
            for (int i = 0; i < count; i++)
                outside += is_outside(red[i], table.gamut[0]) | is_outside(green[i], table.gamut[1]) |
                           is_outside(blue[i], table.gamut[2]);
            clipped[picture] += outside;
            uint8_t *to = inputs + 3 * (picture * pixels + start);
            for (int i = 0; i < count; i++) {
                to[3 * i] = table.channels[0][red[i]];
                to[3 * i + 1] = table.channels[1][green[i]];
                to[3 * i + 2] = table.channels[2][blue[i]];
            }
        }
    }
}

// Recipes on inputs of their own.
//   inputs (B, N, 3); parameters (B, PARAMETERS) -> rendered (B, N, 3)
CLONES void render(int64_t pixels, int64_t pictures, const uint8_t *inputs, const float *parameters,
                   uint8_t *rendered) {
    thread_local RenderTables table;
    Planes planes;
    Colors colors;
    Edit found[BLOCK];
    for (int64_t picture = 0; picture < pictures; picture++) {
        make_tables(parameters + PARAMETERS * picture, table);
        const Sliders slider = table.sliders;
        for (int64_t start = 0; start < pixels; start += BLOCK) {
            const int count = int(std::min<int64_t>(BLOCK, pixels - start));
            const uint8_t *from = inputs + 3 * (picture * pixels + start);
            for (int i = 0; i < count; i++) {
                planes.red[i] = table.channels[0][from[3 * i]];
                planes.green[i] = table.channels[1][from[3 * i + 1]];
                planes.blue[i] = table.channels[2][from[3 * i + 2]];
            }
            to_colors(planes, colors, count);
            read_edits(colors.hue, table.edits.data(), found, count);
            uint8_t *to = rendered + 3 * (picture * pixels + start);
            for (int i = 0; i < count; i++) {
                const Edit edit = found[i];
                const float base = moebius(colors.saturation[i], slider.vibrance) * slider.saturation;
                const float luma = brightened(colors.luma[i], edit.luminance, base);
                const float saturation = moebius(base, edit.slope) * edit.factor;
                float r, g, b;
                to_rgb(edit.hue, saturation, luma, r, g, b);
                to[3 * i] = to_byte(r), to[3 * i + 1] = to_byte(g), to[3 * i + 2] = to_byte(b);
            }
        }
    }
}
}
