// A plain event-driven loop for two layers of LIF neurons: what one core of a PC does without
// any framework. Weights are int16, one row for each source; only rows of spikes are added.
#include <stdint.h>
#include <string.h>

enum { ONE = 1 << 16, MOST_NEURONS = 4096 };

typedef struct {
    int32_t sum[MOST_NEURONS], voltage[MOST_NEURONS], resting[MOST_NEURONS];
} Layer;

static Layer hidden, out;
static int32_t fired[MOST_NEURONS];

static void add_row(Layer *layer, const int16_t *row, int n) {
    for (int i = 0; i < n; ++i) layer->sum[i] += row[i];
}

// Moves every neuron for a step, lists those that fire in `fired`; returns how many.
static int update(Layer *layer, int n, int shift, int32_t decay, int32_t rest) {
    int count = 0;
    for (int i = 0; i < n; ++i) {
        int32_t current = layer->sum[i] * (1 << shift);
        layer->sum[i] = 0;
        if (layer->resting[i] > 0) {
            --layer->resting[i];
            continue;
        }
        int32_t voltage = layer->voltage[i];
        voltage += (int32_t)(((int64_t)(current - voltage) * decay) >> 16);
        if (voltage > ONE) {
            fired[count++] = i;
            voltage = 0;
            layer->resting[i] = rest;
        }
        layer->voltage[i] = voltage < 0 ? 0 : voltage;
    }
    return count;
}

// Input spikes of step n are events[start[n]] to events[start[n + 1] - 1]. Returns all spikes.
int64_t run(int steps, const int32_t *start, const int32_t *events, int n_hidden, int n_out,
            const int16_t *to_hidden, const int16_t *to_out, int hidden_shift, int out_shift,
            int32_t decay, int32_t rest, int64_t *counts) {
    int64_t spikes = 0;
    memset(&hidden, 0, sizeof hidden);
    memset(&out, 0, sizeof out);
    for (int step = 0; step < steps; ++step) {
        for (int32_t k = start[step]; k < start[step + 1]; ++k)
            add_row(&hidden, to_hidden + (int64_t)events[k] * n_hidden, n_hidden);
        int active = update(&hidden, n_hidden, hidden_shift, decay, rest);
        spikes += active;
        for (int k = 0; k < active; ++k) add_row(&out, to_out + (int64_t)fired[k] * n_out, n_out);
        active = update(&out, n_out, out_shift, decay, rest);
        spikes += active;
        for (int k = 0; k < active; ++k) ++counts[fired[k]];
    }
    return spikes;
}
