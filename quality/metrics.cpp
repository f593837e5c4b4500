// SSIM and PIQE of 8-bit pictures as pyiqa computes them, for processors. Pictures are (height, width, 3) sRGB.
//
// SSIM: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
// structural similarity", IEEE Transactions on Image Processing 13 (2004).
// PIQE: N. Venkatanath, D. Praneeth, M. C. Bh, S. S. Channappayya, S. S. Medasani, "Blind image quality evaluation using
// perception based features", National Conference on Communications (2015).
//
// Loops over a row are plain, so that compilers turn them into vector instructions. Luma is kept around 0, where squares
// lose less to rounding. What is added over a row or a picture is added in a fixed order.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "native.h"

namespace {

constexpr float RED = 0.299f, GREEN = 0.587f, BLUE = 0.114f;  // Rec. 601

// A Gaussian window, whose weights add up to 1.
template <int SIZE>
struct Window {
    float weights[SIZE];

    explicit Window(double sigma) {
        constexpr double TO_BINARY = 1.4426950408889634;
        double values[SIZE], total = 0;
        for (int i = 0; i < SIZE; i++) {
            values[i] = exp2_of(-(i - SIZE / 2) * (i - SIZE / 2) / (2 * sigma * sigma) * TO_BINARY);
            total += values[i];
        }
        for (int i = 0; i < SIZE; i++) weights[i] = float(values[i] / total);
    }

    // Weighted means along a row: `count` of them from count + SIZE - 1 values.
    void along(const float *values, int64_t count, float *means) const {
#pragma omp simd
        for (int64_t x = 0; x < count; x++) {
            float mean = 0;
            for (int i = 0; i < SIZE; i++) mean += weights[i] * values[x + i];
            means[x] = mean;
        }
    }
};

const Window<11> SSIM_WINDOW(1.5);
const Window<7> PIQE_WINDOW(7 / 6.0);

void luma_of(const uint8_t *picture, int64_t pixels, std::vector<float> &luma) {
    luma.resize(pixels);
    for (int64_t i = 0; i < pixels; i++)
        luma[i] = RED * picture[3 * i] + GREEN * picture[3 * i + 1] + BLUE * picture[3 * i + 2];
}

// A row of SSIM's map from the window's means of both pictures, of their squares and of the square of their difference.
// Both factors are written as 1 minus a share, which is equal and keeps float exact where pictures are alike:
//     2 a b + C over a^2 + b^2 + C  =  1 - (a - b)^2 over the same.
void similarity(const std::vector<float> (&means)[5], int64_t count, float *map) {
    constexpr float LUMINANCE_FLOOR = 0.01f * 255 * 0.01f * 255, STRUCTURE_FLOOR = 0.03f * 255 * 0.03f * 255;
    const float *first = means[0].data(), *second = means[1].data();
    const float *squares_1 = means[2].data(), *squares_2 = means[3].data(), *differences = means[4].data();
#pragma omp simd
    for (int64_t x = 0; x < count; x++) {
        const float a = first[x] + 128, b = second[x] + 128;
        const float apart = (first[x] - second[x]) * (first[x] - second[x]);
        const float spread = squares_1[x] - first[x] * first[x] + squares_2[x] - second[x] * second[x];
        const float structure = 1 - (differences[x] - apart) / (spread + STRUCTURE_FLOOR);
        map[x] = std::max(structure, 0.0f) * (1 - apart / (a * a + b * b + LUMINANCE_FLOOR));
    }
}

// A sum in as many lanes as the longest vectors have, however long those of the processor are.
struct LanedSum {
    static constexpr int LANES = 8;
    double lanes[LANES] = {};

    void add(const float *values, int64_t count) {
        int64_t start = 0;
        for (; start + LANES <= count; start += LANES)
            for (int lane = 0; lane < LANES; lane++) lanes[lane] += values[start + lane];
        for (int lane = 0; start + lane < count; lane++) lanes[lane] += values[start + lane];
    }

    double total() const {
        double sum = 0;
        for (const double lane : lanes) sum += lane;
        return sum;
    }
};

constexpr int BLOCK = 16, SEGMENT = 6;

// Sums and sums of squares of each column of a block.
struct Columns {
    float sums[BLOCK] = {}, squares[BLOCK] = {};

    // Unbiased variance of some columns, at least 0.
    template <typename Chosen>
    float variance(Chosen chosen) const {
        float sum = 0, square = 0;
        int count = 0;
        for (int x = 0; x < BLOCK; x++)
            if (chosen(x)) sum += sums[x], square += squares[x], count += BLOCK;
        return std::max((square - sum * sum / count) / (count - 1), 0.0f);
    }
};

// Whether some 6 neighbours of 16 values hardly vary.
bool has_flat_segment(const float *values, int64_t step) {
    constexpr float FLAT_VARIANCE = 0.1f * 0.1f;
    for (int start = 0; start + SEGMENT <= BLOCK; start++) {
        float sum = 0, square = 0;
        for (int i = start; i < start + SEGMENT; i++) {
            const float value = values[i * step];
            sum += value, square += value * value;
        }
        if ((square - sum * sum / SEGMENT) / (SEGMENT - 1) < FLAT_VARIANCE) return true;
    }
    return false;
}

// What a block of normalised contrast adds to the distortion; nothing where it shows no activity.
float distortion(const float *block, int64_t stride, bool &active) {
    Columns columns;
    for (int y = 0; y < BLOCK; y++)
        for (int x = 0; x < BLOCK; x++) {
            const float value = block[y * stride + x];
            columns.sums[x] += value, columns.squares[x] += value * value;
        }
    const float variance = columns.variance([](int) { return true; });
    active = variance > 0.1f;
    if (!active) return 0;
    const float center = columns.variance([](int x) { return x == 7 || x == 8; });
    // pyiqa takes column 7 out of the surround and then column 8 of what is left, as the authors' own program does.
    const float surround = columns.variance([](int x) { return x != 7 && x != 9; });
    const float deviation = std::sqrt(variance);
    const float ratio = surround > 0 ? std::sqrt(center / surround) : (center > 0 ? 1e30f : 0.0f);
    const bool noisy = deviation > 2 * std::abs(deviation - ratio) / std::max(deviation, ratio);
    const float *last_row = block + (BLOCK - 1) * stride, *last_column = block + BLOCK - 1;
    const bool flat = has_flat_segment(block, 1) || has_flat_segment(last_row, 1) ||
                      has_flat_segment(block, stride) || has_flat_segment(last_column, stride);
    return (flat ? 1 - variance : 0) + (noisy ? variance : 0);
}

}  // namespace

extern "C" {

// Mean squared error of two pictures' values.
CLONES double mean_squared_error(const uint8_t *image, const uint8_t *reference, int64_t values) {
    int64_t sum = 0;
    for (int64_t start = 0; start < values; start += 4096) {  // of which 32 bits hold the sum
        int32_t part = 0;
        for (int64_t i = start; i < std::min(start + 4096, values); i++)
            part += (image[i] - reference[i]) * (image[i] - reference[i]);
        sum += part;
    }
    return double(sum) / double(values);
}

// Mean structural similarity, of luma rounded to 8 bits, where an 11 x 11 window fits: sides are at least 11.
CLONES double ssim(const uint8_t *image, const uint8_t *reference, int64_t height, int64_t width) {
    thread_local std::vector<float> first, second;  // kept: fresh memory costs as much as a third of the work
    luma_of(image, height * width, first), luma_of(reference, height * width, second);
    for (std::vector<float> *luma : {&first, &second})
        for (float &value : *luma) value = rounded(value) - 128;
    const int64_t count = width - 10;
    std::vector<float> down[5], means[5];
    for (int map = 0; map < 5; map++) down[map].resize(width), means[map].resize(count);
    LanedSum sum;
    for (int64_t y = 0; y < height - 10; y++) {
        float *first_down = down[0].data(), *second_down = down[1].data();
        float *squares_1 = down[2].data(), *squares_2 = down[3].data(), *differences = down[4].data();
        const float *a = first.data() + y * width, *b = second.data() + y * width;
#pragma omp simd
        for (int64_t x = 0; x < width; x++) {
            float mean_1 = 0, mean_2 = 0, square_1 = 0, square_2 = 0, difference = 0;
            for (int i = 0; i < 11; i++) {
                const float weight = SSIM_WINDOW.weights[i], value_1 = a[i * width + x], value_2 = b[i * width + x];
                mean_1 += weight * value_1, mean_2 += weight * value_2;
                square_1 += weight * value_1 * value_1, square_2 += weight * value_2 * value_2;
                difference += weight * (value_1 - value_2) * (value_1 - value_2);
            }
            first_down[x] = mean_1, second_down[x] = mean_2;
            squares_1[x] = square_1, squares_2[x] = square_2, differences[x] = difference;
        }
        for (int map = 0; map < 5; map++) SSIM_WINDOW.along(down[map].data(), count, means[map].data());
        similarity(means, count, down[0].data());
        sum.add(down[0].data(), count);
    }
    return sum.total() / double(count * (height - 10));
}

// PIQE: 0 best, 100 worst, of a picture that is not all black. Sides are at least 8.
//
// Local contrast is normalised; of the 16 x 16 blocks that show activity, those with a flat segment on an edge
// (blocking, blur) and those with noise add to the score. Sides are first mirrored by as much as 16 does not divide.
CLONES double piqe(const uint8_t *picture, int64_t height, int64_t width) {
    thread_local std::vector<float> luma, frame, contrast;
    luma_of(picture, height * width, luma);
    float largest = 0;
#pragma omp simd reduction(max : largest)
    for (int64_t i = 0; i < height * width; i++) largest = std::max(largest, luma[i]);
    // After that, it is framed by 3 pixels like those at the border.
    const int64_t framed_rows = height + height % BLOCK + 6, framed = width + width % BLOCK + 6;
    const auto source = [](int64_t at, int64_t side) {
        const int64_t inside = std::min(std::max(at - 3, int64_t(0)), side + side % BLOCK - 1);
        return inside < side ? inside : 2 * side - 1 - inside;
    };
    const float scale = 255 / largest;
    frame.resize(framed_rows * framed);
    for (int64_t y = 0; y < framed_rows; y++) {
        const float *from = luma.data() + source(y, height) * width;
        float *to = frame.data() + y * framed;
        for (int64_t x = 0; x < width; x++) to[x + 3] = rounded(from[x] * scale) - 128;
        for (int64_t x = width + 3; x < framed; x++) to[x] = to[source(x, width) + 3];
        to[0] = to[1] = to[2] = to[3];
    }
    const int64_t rows = (framed_rows - 6) / BLOCK * BLOCK, columns = (framed - 6) / BLOCK * BLOCK;
    std::vector<float> down(framed), down_squares(framed), means(columns), squares(columns);
    contrast.resize(rows * columns);
    for (int64_t y = 0; y < rows; y++) {
        const float *from = frame.data() + y * framed;
#pragma omp simd
        for (int64_t x = 0; x < framed; x++) {
            float mean = 0, square = 0;
            for (int i = 0; i < 7; i++) {
                const float value = from[i * framed + x];
                mean += PIQE_WINDOW.weights[i] * value, square += PIQE_WINDOW.weights[i] * value * value;
            }
            down[x] = mean, down_squares[x] = square;
        }
        PIQE_WINDOW.along(down.data(), columns, means.data());
        PIQE_WINDOW.along(down_squares.data(), columns, squares.data());
        const float *center = from + 3 * framed + 3;
        float *to = contrast.data() + y * columns;
        for (int64_t x = 0; x < columns; x++)
            to[x] = (center[x] - means[x]) / (std::sqrt(std::abs(squares[x] - means[x] * means[x])) + 1);
    }
    double sum = 0;
    int64_t count = 0;
    for (int64_t y = 0; y < rows; y += BLOCK)
        for (int64_t x = 0; x < columns; x += BLOCK) {
            bool active;
            sum += distortion(contrast.data() + y * columns + x, columns, active);
            count += active;
        }
    return 100 * (sum + 1) / double(count + 1);
}
}
