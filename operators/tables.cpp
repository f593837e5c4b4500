// How `tables.h` says that tables are made. Hue and channel tables are computed at every fourth knot and filled in
// between, as in `fused.py`. Three things make them cheap:
//
// * A gain in linear light is a straight line in encoded values, but for the linear toe of sRGB.
// * What is looked up in a rising table rises too, so an inverse walks along the table.
// * Bands of the mixer overlap by two, and a raised cosine blends them.

#include "tables.h"

namespace {

constexpr int FILL = 4;

inline float inside(float x) { return std::min(std::max(x, 0.0f), 1.0f); }

// exposure.py and white_balance.py -------------------------------------------------------------------------------

// A gain on linear light, between encoded values.
struct Gain {
    double linear, encoded;  // the factor, and the one on encoded values it comes to: its power of 1 / 2.4

    explicit Gain(double stops) : linear(exp2_of(stops)), encoded(exp2_of(stops / 2.4)) {}

    float operator()(double x) const {
        constexpr double TOE = 0.04045, TOE_LINEAR = 0.0031308, OFFSET = 0.055;
        const double magnitude = x < 0 ? -x : x;
        double result = (magnitude + OFFSET) * encoded - OFFSET;
        if (magnitude <= TOE || result <= TOE) {
            const double light = srgb_to_linear(magnitude) * linear;
            result = light <= TOE_LINEAR ? light * 12.92 : (1 + OFFSET) * power_of(light, 1 / 2.4) - OFFSET;
        }
        return float(x < 0 ? -result : result);
    }
};

// Binary logarithms of the channels' gains, times `sign`.
void stops_of(const float *parameters, double sign, double (&stops)[3]) {
    // Natural logarithms for one step of temperature and of tint, as `white_balance._log_gains_per_step` derives them.
    constexpr double TEMPERATURE[3] = {0.003569847004314713, -0.0003784646288444211, -0.006764326762104847};
    constexpr double TINT[3] = {0.005110000013337153, -0.0019361027413217703, 0.004145891053675808};
    constexpr double TO_BINARY = 1.4426950408889634;
    for (int c = 0; c < 3; c++) {
        const double balance = parameters[1] * TEMPERATURE[c] + parameters[2] * TINT[c];
        stops[c] = sign * (parameters[0] + balance * TO_BINARY);
    }
}

// tone.py --------------------------------------------------------------------------------------------------------

constexpr int TONES = 512;

template <typename Shape>
void displace(float (&curve)[TONES + 1], float slider, Shape shape) {
    if (slider == 0) return;
    const float amount = slider / 100;
    for (float &y : curve) y += amount * shape(y);
}

// A smooth bump: 0 outside (low, high), `height` at its centre.
auto band(float low, float center, float high, float height) {
    const float up = 1 / (center - low), down = 1 / (high - center);
    return [=](float y) { return height * raised_cosine(inside(std::min((y - low) * up, (high - y) * down))); };
}

void tone_curve(const float *sliders, float (&curve)[TONES + 1]) {
    for (int k = 0; k <= TONES; k++) curve[k] = float(k) / TONES;
    displace(curve, sliders[0], [](float y) {
        const float part = inside(y), half = part - 0.5f;  // sin(2 pi y) = -sin(2 pi (y - 1 / 2)), by two quarters
        const float folded = half > 0.25f ? 0.5f - half : (half < -0.25f ? -0.5f - half : half);
        return float(0.25 / PI) * sine_of_half_turns(2 * folded) - 0.5f * (y - part);
    });
    displace(curve, sliders[1], band(0.30f, 0.72f, 1.0f, 0.11f));
    displace(curve, sliders[2], band(0.0f, 0.28f, 0.70f, 0.11f));
    displace(curve, sliders[3], [](float y) {
        const float below = std::min(y, 1.0f), part = std::max((below - 0.4f) / 0.6f, 0.0f);
        return 0.15f * (part * part) + 0.5f * (y - below);
    });
    displace(curve, sliders[4], [](float y) {
        const float above = std::max(y, 0.0f), part = std::max((0.4f - above) / 0.4f, 0.0f);
        return 0.10f * (part * part) - 0.5f * (y - above);
    });
    displace(curve, sliders[5], band(0.0f, 0.125f, 0.375f, 0.045f));
    displace(curve, sliders[6], band(0.125f, 0.375f, 0.625f, 0.07f));
    displace(curve, sliders[7], band(0.375f, 0.625f, 0.875f, 0.07f));
    displace(curve, sliders[8], band(0.625f, 0.875f, 1.0f, 0.045f));
}

// color_mixer.py -------------------------------------------------------------------------------------------------

constexpr int SEGMENTS = 384, BANDS = 8, FLOW_STEPS = 8;
constexpr float HUE_STEP = 6.0f / SEGMENTS;

// A hue in sextants to a coordinate in which the bands lie one unit apart, and back, also over whole turns.
inline float position_of(float hue) { return hue + inside(hue) + inside(hue - 4); }

inline float hue_of(float position) {
    const float turns = position < 0 ? -1.0f : (position >= 8 ? 1.0f : 0.0f), u = position - 8 * turns;
    const float to_yellow = std::min(std::max(u, 0.0f), 2.0f), from_blue = std::min(std::max(u - 5, 0.0f), 2.0f);
    return 6 * turns + u - 0.5f * to_yellow - 0.5f * from_blue;
}

// Eight sliders blended at a position in [-8, 16), which raised cosines do.
struct Blend {
    float values[BANDS], rises[BANDS];

    explicit Blend(const float *sliders, float factor) {
        for (int k = 0; k < BANDS; k++) values[k] = factor * sliders[k];
        for (int k = 0; k < BANDS; k++) rises[k] = values[(k + 1) % BANDS] - values[k];
    }

    float operator()(float position) const {
        const int32_t cell = int32_t(position + 8) - 8;
        const float share = raised_cosine(position - float(cell));
        return values[cell & (BANDS - 1)] + share * rises[cell & (BANDS - 1)];
    }
};

// Where hues go, at SEGMENTS + 1 knots: they flow along the blended speeds (classical Runge-Kutta).
void flow(const float *sliders, float (&hues)[SEGMENTS + 1]) {
    const Blend speed(sliders, 0.5f / 100);
    const bool still = std::all_of(sliders, sliders + BANDS, [](float slider) { return slider == 0; });
    constexpr float STEP = 1.0f / FLOW_STEPS;
    for (int k = 0; k <= SEGMENTS; k++) hues[k] = position_of(float(k) * HUE_STEP);
    for (int step = 0; step < (still ? 0 : FLOW_STEPS); step++)
        for (float &u : hues) {
            const float k1 = speed(u), k2 = speed(u + 0.5f * STEP * k1), k3 = speed(u + 0.5f * STEP * k2);
            const float k4 = speed(u + STEP * k3);
            u += STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
        }
    for (float &u : hues) u = hue_of(u);
}

void blend(const float *sliders, float (&values)[SEGMENTS + 1]) {
    const Blend blended(sliders, 1.0f / 100);
    for (int k = 0; k <= SEGMENTS; k++) values[k] = blended(position_of(float(k) * HUE_STEP));
}

struct Mixer {
    float hues[SEGMENTS + 1], saturations[SEGMENTS + 1], luminances[SEGMENTS + 1];

    explicit Mixer(const float *parameters) {
        flow(parameters + 14, hues);
        blend(parameters + 22, saturations);
        blend(parameters + 30, luminances);
    }
};

inline float read(const float (&table)[SEGMENTS + 1], int segment, float share) {
    return table[segment] + share * (table[segment + 1] - table[segment]);
}

// Every FILL-th edit. Slopes wait as the exponents of 2 that they are, before the loop that raises 2 to them.
struct Knots {
    float hue[HUES / FILL + 1], exponent[HUES / FILL + 1], factor[HUES / FILL + 1], luminance[HUES / FILL + 1];

    void set(int k, float new_hue, float saturation, float brightness) {
        constexpr float PURE_LOSS = 0.6f, SATURATION = 1.5849625f, LUMINANCE = 1.3219281f;  // log2 of 3 and of 2.5
        const float less = std::max(-saturation, 0.0f);
        hue[k] = new_hue;
        factor[k] = 1 - PURE_LOSS * (less * less * less);
        exponent[k] = SATURATION * saturation;
        luminance[k] = LUMINANCE * brightness;
    }

    // Slopes are 2^exponent / factor; for the inverse, all three are turned about first.
    void fill(bool inverse, std::vector<Edit> &edits) {
        float slope[HUES / FILL + 1];
        for (int k = 0; k <= HUES / FILL; k++) slope[k] = float(exp2_of(exponent[k])) / factor[k];
        if (inverse)
            for (int k = 0; k <= HUES / FILL; k++)
                slope[k] = 1 / slope[k], factor[k] = 1 / factor[k], luminance[k] = -luminance[k];
        for (int k = 0; k < HUES / FILL; k++)
            for (int i = 0; i < FILL; i++) {
                const float share = float(i) / FILL;
                const auto between = [=](const float *of) { return of[k] + share * (of[k + 1] - of[k]); };
                edits[FILL * k + i] = {wrapped(between(hue)), between(slope), between(factor), between(luminance)};
            }
        edits[HUES] = edits[0];  // a full turn
        edits[HUES].hue = wrapped(hue[HUES / FILL]);
    }

    static float wrapped(float hue) { return hue < 0 ? hue + 6 : (hue >= 6 ? hue - 6 : hue); }
};

// saturation.py --------------------------------------------------------------------------------------------------

Sliders sliders_of(const float *parameters) {
    const float amount = parameters[13] / 100;
    return {float(exp2_of(1.3219280948873624 * (parameters[12] / 100))), 1 + amount * (0.9f + 0.1f * amount)};
}

}  // namespace

CLONES void make_tables(const float *parameters, RenderTables &tables) {
    double stops[3];
    float curve[TONES + 1];
    stops_of(parameters, 1, stops);
    tone_curve(parameters + 3, curve);
    for (int c = 0; c < 3; c++) {
        const Gain gain(stops[c]);
        for (int value = 0; value < 256; value++) {
            const float position = gain(value / 255.0) * TONES;
            const int segment = std::min(std::max(int(position), 0), TONES - 1);
            const float rise = curve[segment + 1] - curve[segment];
            tables.channels[c][value] = curve[segment] + (position - float(segment)) * rise;
        }
    }
    const Mixer mixer(parameters);
    Knots knots;
    for (int k = 0; k <= HUES / FILL; k++) {
        const int segment = std::min(k * SEGMENTS * FILL / HUES, SEGMENTS - 1);
        const float share = float(k) * (float(SEGMENTS * FILL) / HUES) - float(segment);
        knots.set(k, read(mixer.hues, segment, share), read(mixer.saturations, segment, share),
                  read(mixer.luminances, segment, share));
    }
    knots.fill(false, tables.edits);
    tables.sliders = sliders_of(parameters);
}

CLONES void make_tables(const float *parameters, UnrenderTables &tables) {
    constexpr int LEVEL_KNOTS = LEVELS / FILL;
    double stops[3];
    float curve[TONES + 1], before[LEVEL_KNOTS + 1];
    stops_of(parameters, -1, stops);
    tone_curve(parameters + 3, curve);
    for (int k = 0, segment = 0; k <= LEVEL_KNOTS; k++) {
        const float level = LOWEST + (HIGHEST - LOWEST) * (float(k) / LEVEL_KNOTS);
        while (segment < TONES - 1 && curve[segment + 1] <= level) segment++;
        before[k] = (float(segment) + (level - curve[segment]) / (curve[segment + 1] - curve[segment])) / TONES;
    }
    for (int c = 0; c < 3; c++) {
        constexpr float HALF_STEP = 0.5f / 255;
        const Gain gain(stops[c]);
        float knots[LEVEL_KNOTS + 1], values[LEVELS + 1];
        for (int k = 0; k <= LEVEL_KNOTS; k++) knots[k] = gain(before[k]);
        for (int k = 0; k < LEVEL_KNOTS; k++)
            for (int i = 0; i < FILL; i++)
                values[FILL * k + i] = knots[k] + float(i) / FILL * (knots[k + 1] - knots[k]);
        values[LEVELS] = knots[LEVEL_KNOTS];
        for (int level = 0; level <= LEVELS; level++)
            tables.channels[c][level] = uint8_t(inside(values[level]) * 255 + 0.5f);
        // Channels rise with their level, so what is clipped lies before or behind what is not.
        tables.gamut[c][0] = int32_t(std::lower_bound(values, values + LEVELS + 1, -HALF_STEP) - values);
        tables.gamut[c][1] = int32_t(std::lower_bound(values, values + LEVELS + 1, 1 + HALF_STEP) - values) - 1;
    }
    const Mixer mixer(parameters);
    const float start = mixer.hues[0];
    Knots knots;
    float last = start;
    for (int k = 0, segment = 0; k <= HUES / FILL; k++) {
        const float hue = 6 * (float(k) / (HUES / FILL)), from = hue - start;
        const float at = start + (from < 0 ? from + 6 : (from >= 6 ? from - 6 : from));  // in the turn of the table
        if (at < last) segment = 0;
        last = at;
        while (segment < SEGMENTS - 1 && mixer.hues[segment + 1] <= at) segment++;
        const float share = (at - mixer.hues[segment]) / (mixer.hues[segment + 1] - mixer.hues[segment]);
        knots.set(k, (float(segment) + share) * HUE_STEP + (hue - at), read(mixer.saturations, segment, share),
                  read(mixer.luminances, segment, share));
    }
    knots.fill(true, tables.edits);
    const Sliders sliders = sliders_of(parameters);
    tables.sliders = {1 / sliders.vibrance, 1 / sliders.saturation};
}
