// CIEDE2000 between 8-bit pictures: what `color_difference.py` says in torch, for processors.
//
// G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
// and mathematical observations", Color Research and Application 30 (2005); numbers in brackets are its equations.
// Hues are kept as directions, of which sums and products give the sines and cosines that the formula asks for: the one
// angle that is left is the distance of the mean hue from 275 degrees, and it matters near there only.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "native.h"

namespace {

constexpr int BLOCK = 512;

struct Lab {
    float lightness[BLOCK], a[BLOCK], b[BLOCK];
};

// sRGB (IEC 61966-2-1) by its 8-bit code.
struct Linear {
    float of[256];

    Linear() {
        for (int code = 0; code < 256; code++) of[code] = float(srgb_to_linear(code / 255.0));
    }
};

const Linear LINEAR;

// Two steps of Halley's method from a third of the exponent; exact to float.
inline float cube_root(float x) {
    int32_t bits;
    std::memcpy(&bits, &x, 4);
    bits = int32_t(float(bits) * (1 / 3.0f)) + 709921077;
    float root;
    std::memcpy(&root, &bits, 4);
    for (int step = 0; step < 2; step++) {
        const float cube = root * root * root;
        root *= (cube + 2 * x) / (2 * cube + x);
    }
    return root;
}

// CIE 15:2004; below (6 / 29)^3 the tangent there, which is nowhere below the root.
inline float response(float t) {
    constexpr float toe = 6 / 29.0f;
    return std::min(cube_root(std::max(t, toe * toe * toe)), t / (3 * toe * toe) + 4 / 29.0f);
}

void to_lab(const uint8_t *pixels, Lab &lab, int count) {
    float red[BLOCK], green[BLOCK], blue[BLOCK];
    for (int i = 0; i < count; i++) {
        red[i] = LINEAR.of[pixels[3 * i]];
        green[i] = LINEAR.of[pixels[3 * i + 1]];
        blue[i] = LINEAR.of[pixels[3 * i + 2]];
    }
    // Linear sRGB to XYZ under D65, over the white point.
    constexpr float white_x = 0.4124564f + 0.3575761f + 0.1804375f, white_z = 0.0193339f + 0.1191920f + 0.9503041f;
#pragma omp simd
    for (int i = 0; i < count; i++) {
        const float x = response((0.4124564f * red[i] + 0.3575761f * green[i] + 0.1804375f * blue[i]) / white_x);
        const float y = response(0.2126729f * red[i] + 0.7151522f * green[i] + 0.0721750f * blue[i]);
        const float z = response((0.0193339f * red[i] + 0.1191920f * green[i] + 0.9503041f * blue[i]) / white_z);
        lab.lightness[i] = 116 * y - 16;
        lab.a[i] = 500 * (x - y);
        lab.b[i] = 200 * (y - z);
    }
}

// sqrt(C^7 / (C^7 + 25^7)), factored so that nothing overflows.
inline float chroma_weight(float chroma) {
    const float ratio = chroma / 25, cube = ratio * ratio * ratio;
    return cube * std::sqrt(ratio / (1 + cube * cube * ratio));
}

// Arc tangent for [-1, 1], off by 2e-6 (M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 4.4.49).
inline float arc_tangent(float x) {
    const float square = x * x;
    return x * (0.9999993329f + square * (-0.3332985605f + square * (0.1994653599f + square * (-0.1390853351f +
           square * (0.0964200441f + square * (-0.0559098861f + square * (0.0218612288f - square * 0.0040540580f)))))));
}

// e^-x for [0, 14], where it is not yet 0: the 64th power of a Taylor series.
inline float decay(float x) {
    const float part = std::min(x, 14.0f) * (-1 / 64.0f);
    float power = 1 + part * (1 + part * (1 / 2.0f + part * (1 / 6.0f + part * (1 / 24.0f + part * (1 / 120.0f)))));
    for (int squaring = 0; squaring < 6; squaring++) power *= power;
    return power;
}

inline float difference(float lightness_1, float a_1, float b_1, float lightness_2, float a_2, float b_2) {
    constexpr float TINY = 1e-30f, DEGREE = 0.017453292f;
    // Chroma and direction, after a* is stretched near the neutral axis [2-7].
    const float plain = (std::sqrt(a_1 * a_1 + b_1 * b_1) + std::sqrt(a_2 * a_2 + b_2 * b_2)) / 2;
    const float stretch = 1.5f - 0.5f * chroma_weight(plain);
    a_1 *= stretch, a_2 *= stretch;
    const float chroma_1 = std::sqrt(a_1 * a_1 + b_1 * b_1), chroma_2 = std::sqrt(a_2 * a_2 + b_2 * b_2);
    const float scale_1 = 1 / std::max(chroma_1, TINY), scale_2 = 1 / std::max(chroma_2, TINY);
    const float cosine_1 = a_1 * scale_1, sine_1 = b_1 * scale_1, cosine_2 = a_2 * scale_2, sine_2 = b_2 * scale_2;

    // Differences [8-11]: the sine of half the turn is half the distance between both directions.
    float d_lightness = lightness_2 - lightness_1, d_chroma = chroma_2 - chroma_1;
    const float away = (cosine_2 - cosine_1) * (cosine_2 - cosine_1) + (sine_2 - sine_1) * (sine_2 - sine_1);
    float d_hue = std::sqrt(chroma_1 * chroma_2 * away);
    d_hue = cosine_1 * sine_2 < cosine_2 * sine_1 ? -d_hue : d_hue;

    // Means [12-14]: the mean hue halves the shorter arc, as the sum of both directions does.
    const float chroma = (chroma_1 + chroma_2) / 2;
    float cosine = cosine_1 + cosine_2, sine = sine_1 + sine_2;
    const float length = 1 / std::max(std::sqrt(cosine * cosine + sine * sine), TINY);
    cosine *= length, sine *= length;

    // Weights [15, 18-20], with the cosines of multiples of the hue.
    const float cosine_of_2 = 2 * cosine * cosine - 1, sine_of_2 = 2 * sine * cosine;
    const float cosine_of_3 = cosine * (2 * cosine_of_2 - 1), sine_of_3 = sine * (2 * cosine_of_2 + 1);
    const float cosine_of_4 = 2 * cosine_of_2 * cosine_of_2 - 1, sine_of_4 = 2 * sine_of_2 * cosine_of_2;
    constexpr float COS_6 = 0.99452190f, SIN_6 = 0.10452846f, COS_30 = 0.86602540f, SIN_30 = 0.5f;
    constexpr float COS_63 = 0.45399050f, SIN_63 = 0.89100652f, COS_275 = 0.08715574f, SIN_275 = -0.99619470f;
    const float hue_weight = 1 - 0.17f * (cosine * COS_30 + sine * SIN_30) + 0.24f * cosine_of_2 +
                             0.32f * (cosine_of_3 * COS_6 - sine_of_3 * SIN_6) -
                             0.20f * (cosine_of_4 * COS_63 + sine_of_4 * SIN_63);
    const float offset = ((lightness_1 + lightness_2) / 2 - 50) * ((lightness_1 + lightness_2) / 2 - 50);
    d_lightness /= 1 + 0.015f * offset / std::sqrt(20 + offset);
    d_chroma /= 1 + 0.045f * chroma;
    d_hue /= 1 + 0.015f * chroma * hue_weight;

    // Rotation in the blues [16, 17, 21]; by half the angle, whose tangent needs no division by 0 on this side.
    const float toward = cosine * COS_275 + sine * SIN_275, beside = sine * COS_275 - cosine * SIN_275;
    const float angle = 2 * arc_tangent(beside / (1 + std::max(toward, 0.0f)));
    const float near_blue = toward > 0 ? decay(angle * angle / (25 * DEGREE * 25 * DEGREE)) : 0.0f;
    const float bend = 60 * DEGREE * near_blue, square = bend * bend;
    const float sine_of_bend = bend * (1 - square * (1 / 6.0f - square * (1 / 120.0f - square * (1 / 5040.0f))));
    const float rotation = -2 * chroma_weight(chroma) * sine_of_bend;

    // All together [22].
    const float sum = d_lightness * d_lightness + d_chroma * d_chroma + d_hue * d_hue + rotation * d_chroma * d_hue;
    return std::sqrt(std::max(sum, 0.0f));
}

}  // namespace

extern "C" {

// image (N, 3), reference (N, 3) -> differences (N)
CLONES void ciede2000(const uint8_t *image, const uint8_t *reference, float *differences, int64_t pixels) {
    Lab first, second;
    for (int64_t start = 0; start < pixels; start += BLOCK) {
        const int count = int(std::min<int64_t>(BLOCK, pixels - start));
        to_lab(image + 3 * start, first, count);
        to_lab(reference + 3 * start, second, count);
#pragma omp simd
        for (int i = 0; i < count; i++)
            differences[start + i] = difference(first.lightness[i], first.a[i], first.b[i], second.lightness[i],
                                                second.a[i], second.b[i]);
    }
}
}
