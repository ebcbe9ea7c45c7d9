// Drives the four streams of a core: memory accesses, runs, results.
//
// The build defines where each field of a payload starts: BUS_*_LSB, RUN_*_LSB,
// RESULT_*_LSB, from the layouts of the RTL.
#include "model.h"

namespace {

struct Core : Model {
    Core() {
        bus.attach(*this, "bus");
        bus_read.attach(*this, "bus_read");
        run.attach(*this, "run");
        results.attach(*this, "results");
    }

    // One clock cycle on all streams. Returns 1 if a word moved, 0 or a Failure.
    int cycle() {
        bus.drive(stall);
        run.drive(stall);
        bus_read.drive(stall);
        results.drive(stall);
        settle();
        bool sent = bus.sample() | run.sample();
        got_beat = bus_read.sample();
        got_result = results.sample();
        edge();
        if (bus_read.unstable || results.unstable) return UNSTABLE_WORD;
        bool moved = sent || got_beat || got_result;
        idle = moved ? 0 : idle + 1;
        return idle > patience ? NO_PROGRESS : moved;
    }

    Source bus, run;
    Sink bus_read, results;
    Stall stall;
    uint64_t patience = 2000000;
    uint64_t idle = 0;
    bool got_beat = false, got_result = false;
};

uint64_t bus_request(uint32_t memory, uint32_t address, bool write, uint32_t data) {
    return uint64_t(memory) << BUS_MEMORY_LSB | uint64_t(address) << BUS_ADDRESS_LSB |
           uint64_t(write) << BUS_WRITE_LSB | uint64_t(data) << BUS_DATA_LSB;
}

}  // namespace

extern "C" {

Core *core_create() { return new Core(); }
void core_destroy(Core *core) { delete core; }
const char *core_missing_ports(Core *core) { return core->missing.c_str(); }
uint64_t core_cycles(Core *core) { return core->cycles; }

void core_configure(Core *core, uint64_t seed, double stall, uint64_t patience) {
    core->stall.configure(seed, stall);
    core->patience = patience;
}

void core_reset(Core *core) { core->reset(); }

int core_tick(Core *core, uint64_t cycles) {
    for (uint64_t i = 0; i < cycles; ++i) {
        core->idle = 0;
        int status = core->cycle();
        if (status < 0) return status;
        if (core->got_beat || core->got_result) return UNEXPECTED_WORD;
    }
    return 0;
}

int core_bus_write(Core *core, uint32_t memory, uint32_t address, uint32_t count,
                   const uint32_t *data) {
    core->idle = 0;
    for (uint32_t sent = 0; sent < count || core->bus.pending;) {
        if (!core->bus.pending) {
            core->bus.offer(bus_request(memory, address + sent, true, data[sent]));
            ++sent;
        }
        int status = core->cycle();
        if (status < 0) return status;
        if (core->got_beat || core->got_result) return UNEXPECTED_WORD;
    }
    return int(count);
}

int core_bus_read(Core *core, uint32_t memory, uint32_t address, uint32_t count, uint32_t *data) {
    core->idle = 0;
    uint32_t asked = 0;
    for (uint32_t got = 0; got < count || core->bus.pending;) {
        if (!core->bus.pending && asked < count) {
            core->bus.offer(bus_request(memory, address + asked, false, 0));
            ++asked;
        }
        int status = core->cycle();
        if (status < 0) return status;
        if (core->got_result || (core->got_beat && got >= asked)) return UNEXPECTED_WORD;
        if (core->got_beat) data[got++] = uint32_t(core->bus_read.word);
    }
    return int(count);
}

// Returns the number of words in `out`, the last of which is the one marked as last.
int core_run(Core *core, int reset, uint32_t changed, uint32_t *out, uint32_t room) {
    core->idle = 0;
    core->run.offer(uint64_t(reset != 0) << RUN_RESET_LSB | uint64_t(changed) << RUN_CHANGED_LSB);
    uint32_t count = 0;
    for (;;) {
        int status = core->cycle();
        if (status < 0) return status;
        if (core->got_beat || (core->got_result && core->run.pending)) return UNEXPECTED_WORD;
        if (!core->got_result) continue;
        if (count == room) return TOO_MANY_WORDS;
        out[count++] = uint32_t(core->results.word >> RESULT_DATA_LSB);
        if (core->results.word >> RESULT_LAST_LSB & 1) return int(count);
    }
}

}
