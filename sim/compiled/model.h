// A clocked CXXRTL model and the ends of its streams.
//
// The build puts the generated model into MODEL_SOURCE. Ports are found by their
// Verilog names through CXXRTL's C API, so that no mangled name is relied upon.
#ifndef NEF2HW_MODEL_H
#define NEF2HW_MODEL_H

#include MODEL_SOURCE

#include <cstdint>
#include <string>

// What the driver functions return instead of a count; known to driver.py.
enum Failure : int {
    NO_PROGRESS = -1,      // no word moved for `patience` cycles
    UNSTABLE_WORD = -2,    // a stalled output dropped its word or changed it
    UNEXPECTED_WORD = -3,  // a word on a stream that owes none
    TOO_MANY_WORDS = -4,   // more words than the caller has room for
};

class Port {
public:
    void set(uint64_t value) {
        if (object == nullptr || object->next == nullptr) return;
        for (size_t chunk = 0; chunk * 32 < object->width && chunk < 2; ++chunk)
            object->next[chunk] = uint32_t(value >> (32 * chunk));
    }

    uint64_t get() const {
        if (object == nullptr) return 0;
        uint64_t value = object->curr[0];
        if (object->width > 32) value |= uint64_t(object->curr[1]) << 32;
        return value;
    }

    cxxrtl_object *object = nullptr;
};

// A xorshift register that says "wait" with a given probability.
class Stall {
public:
    void configure(uint64_t seed, double probability) {
        state = seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du;
        if (state == 0) state = 1;
        threshold = probability <= 0 ? 0 : uint32_t(probability * 4294967295.0);
    }

    bool hit() {
        if (threshold == 0) return false;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return uint32_t(state >> 32) < threshold;
    }

private:
    uint64_t state = 1;
    uint32_t threshold = 0;
};

class Model {
public:
    Model() : handle(cxxrtl_create(cxxrtl_design_create())) {
        clk = port("clk");
        rst = port("rst");
        one_pass = cxxrtl_eval(handle) != 0;
    }
    ~Model() { cxxrtl_destroy(handle); }
    Model(const Model &) = delete;
    Model &operator=(const Model &) = delete;

    Port port(const std::string &name) {
        Port found;
        found.object = cxxrtl_get(handle, name.c_str());
        if (found.object == nullptr) missing += (missing.empty() ? "" : ", ") + name;
        return found;
    }

    // Outputs follow inputs, as they are until the clock rises.
    //
    // One pass does it all: it also finds what registers take over at the edge. A model with wires
    // that feed back on themselves says that it needs several, with the clock still low.
    void settle() {
        if (one_pass) {
            clk.set(1);
            cxxrtl_eval(handle);
        } else {
            clk.set(0);
            cxxrtl_step(handle);
        }
    }

    // Registers and memories take over what they were given; outputs follow with `settle`.
    void edge() {
        clk.set(!one_pass);
        if (!one_pass) cxxrtl_eval(handle);
        cxxrtl_commit(handle);
        ++cycles;
    }

    // Assert reset for a clock cycle; memories keep what they hold.
    void reset() {
        rst.set(1);
        settle();
        edge();
        rst.set(0);
        settle();
    }

    uint64_t cycles = 0;
    std::string missing;  // ports that were asked for and are not there

private:
    cxxrtl_handle handle;
    Port clk, rst;
    bool one_pass;  // whether a single evaluation settles everything
};

// Offers words to a stream input; a word once offered stays until it is taken.
class Source {
public:
    void attach(Model &model, const std::string &name) {
        valid = model.port(name + "__valid");
        payload = model.port(name + "__payload");
        ready = model.port(name + "__ready");
    }

    void offer(uint64_t next) {
        word = next;
        pending = true;
    }

    void drive(Stall &stall) {
        if (pending && !offering && !stall.hit()) {
            offering = true;
            payload.set(word);
        }
        valid.set(offering);
    }

    bool sample() {
        if (!offering || !ready.get()) return false;
        pending = offering = false;
        return true;
    }

    bool pending = false;

private:
    Port valid, payload, ready;
    uint64_t word = 0;
    bool offering = false;
};

// Takes words from a stream output, and checks that a stalled word stays as it is.
class Sink {
public:
    void attach(Model &model, const std::string &name) {
        valid = model.port(name + "__valid");
        payload = model.port(name + "__payload");
        ready = model.port(name + "__ready");
    }

    void drive(Stall &stall) {
        accepting = !stall.hit();
        ready.set(accepting);
    }

    // Returns whether a word was taken into `word`; sets `unstable` on a broken promise.
    bool sample() {
        bool offered = valid.get() != 0;
        uint64_t now = payload.get();
        if (held && (!offered || now != word)) unstable = true;
        word = now;
        held = offered && !accepting;
        return offered && accepting;
    }

    uint64_t word = 0;
    bool unstable = false;

private:
    Port valid, payload, ready;
    bool accepting = false;
    bool held = false;
};

#endif
