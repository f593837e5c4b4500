// What all C++ files share: how functions are compiled for several processors, and arithmetic that is the same on each.
//
// A data set must have the same bytes wherever it is made. IEEE 754 fixes the results of + - * / and square roots, so
// they are all that is used; `setup.py` forbids the compiler to fuse or reorder them. The C library's functions are
// avoided: it chooses among variants by the processor, which differ in the last bit.

#pragma once

#include <cstdint>
#include <cstring>

#ifdef __FAST_MATH__
#error "with -ffast-math, results depend on the processor"
#endif

// Compiles a function, and all that it calls, once for each generation of processors; the program's loader picks one.
// They differ in speed alone. Tests compile one generation at a time: they define CLONES as nothing.
#ifndef CLONES
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define CLONES
#endif
#endif

constexpr double PI = 3.141592653589793;

// To the nearest integer, halves to even, for |x| < 2^22: the sum has no bits left for a fraction.
inline float rounded(float x) {
    constexpr float SHIFT = 3 << 22;
    return (x + SHIFT) - SHIFT;
}

// sin(pi x) for |x| <= 1 / 2: a Taylor series, off by 6e-10.
template <typename Real>
inline Real sine_of_half_turns(Real x) {
    const Real angle = Real(PI) * x, square = angle * angle;
    const Real tail = Real(1 / 362880.0) - square * (Real(1 / 39916800.0) - square * Real(1 / 6227020800.0));
    const Real middle = Real(1 / 120.0) - square * (Real(1 / 5040.0) - square * tail);
    return angle * (1 - square * (Real(1 / 6.0) - square * middle));
}

// (1 - cos(pi x)) / 2 for x in [0, 1], which rises from 0 to 1.
template <typename Real>
inline Real raised_cosine(Real x) {
    return Real(0.5) + Real(0.5) * sine_of_half_turns(x - Real(0.5));
}

// 2^x for |x| < 1000: a Taylor series for the fraction, off by 1e-14 of the value, and the rest as exponent.
inline double exp2_of(double x) {
    constexpr double SHIFT = 3ll << 51;  // as in `rounded`; the lowest bits of the sum are the integer
    const double shifted = x + SHIFT, z = 0.6931471805599453 * (x - (shifted - SHIFT));
    const double tail = 1 / 40320.0 + z * (1 / 362880.0 + z * (1 / 3628800.0 + z * (1 / 39916800.0)));
    const double middle = 1 / 120.0 + z * (1 / 720.0 + z * (1 / 5040.0 + z * tail));
    const double series = 1 + z * (1 + z * (1 / 2.0 + z * (1 / 6.0 + z * (1 / 24.0 + z * middle))));
    uint64_t bits;
    std::memcpy(&bits, &shifted, 8);
    bits = (bits + 1023) << 52;
    double power;
    std::memcpy(&power, &bits, 8);
    return power * series;
}

// log2(x) for x > 0 that is no denormal: the area tangent's series of the mantissa, off by 1e-15.
inline double log2_of(double x) {
    int64_t bits;
    std::memcpy(&bits, &x, 8);
    int64_t exponent = (bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffll) | (1023ll << 52);
    double mantissa;
    std::memcpy(&mantissa, &bits, 8);
    if (mantissa > 1.4142135623730951) mantissa /= 2, exponent += 1;
    const double ratio = (mantissa - 1) / (mantissa + 1), square = ratio * ratio;
    double sum = 0;
    for (int term = 21; term > 0; term -= 2) sum = sum * square + 1.0 / term;
    return double(exponent) + 2.8853900817779268 * ratio * sum;  // 2 / ln 2
}

inline double power_of(double base, double exponent) { return exp2_of(exponent * log2_of(base)); }

// sRGB (IEC 61966-2-1), extended as an odd function below 0 and as a power above 1.
inline double srgb_to_linear(double x) {
    const double magnitude = x < 0 ? -x : x;
    const double linear = magnitude <= 0.04045 ? magnitude / 12.92 : power_of((magnitude + 0.055) / 1.055, 2.4);
    return x < 0 ? -linear : linear;
}
