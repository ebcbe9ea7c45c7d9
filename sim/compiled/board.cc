// A board as its serial line sees it: bytes of a file descriptor become bits on `rx`,
// bits on `tx` become bytes. While nothing goes on, the clock sleeps.
#include "model.h"

#include <cerrno>
#include <deque>
#include <poll.h>
#include <unistd.h>

namespace {

const uint64_t BURST_CYCLES = 256;  // clock cycles between looks at the file descriptor
const size_t CHUNK_BYTES = 256;

struct Board : Model {
    explicit Board(uint32_t divisor_) : divisor(divisor_) {
        rx = port("rx");
        tx = port("tx");
        busy = port("busy");
        rx.set(1);
        reset();
    }

    void cycle() {
        drive_rx();
        settle();
        sample_tx();
        edge();
    }

    // Ten bits a byte: start, eight data bits, lowest first, stop.
    void drive_rx() {
        if (send_left == 0 && !to_send.empty()) {
            send_bits = 1u << 9 | uint32_t(to_send.front()) << 1;
            to_send.pop_front();
            send_left = 10;
            send_phase = 0;
        }
        if (send_left == 0) {
            rx.set(1);
            return;
        }
        rx.set(send_bits & 1);
        if (++send_phase == divisor) {
            send_phase = 0;
            send_bits >>= 1;
            --send_left;
        }
    }

    void sample_tx() {
        bool level = tx.get() != 0;
        if (!receiving) {
            if (level) return;
            receiving = true;
            receive_wait = divisor + divisor / 2;
            receive_count = 0;
        }
        if (receive_wait-- != 0) return;
        receive_wait = divisor - 1;
        if (receive_count++ < 8) {
            received = uint8_t(received >> 1 | level << 7);
            return;
        }
        receiving = false;
        if (level) put(from_board, received);
    }

    // A byte on its way, perhaps hit by a fault: lost, or one bit turned.
    void put(std::deque<uint8_t> &queue, uint8_t byte) {
        if (fault.hit()) {
            ++faults;
            if (faults % 2 == 0) return;
            byte ^= uint8_t(1u << (faults / 2 % 8));
        }
        queue.push_back(byte);
    }

    bool quiet() const {
        return to_send.empty() && send_left == 0 && !receiving && from_board.empty() &&
               !busy.get();
    }

    uint32_t divisor;
    Port rx, tx, busy;
    Stall fault;
    uint64_t faults = 0;
    uint64_t quiet_cycles = 0;
    std::deque<uint8_t> to_send, from_board;

private:
    uint32_t send_bits = 0, send_left = 0, send_phase = 0;
    bool receiving = false;
    uint32_t receive_wait = 0, receive_count = 0;
    uint8_t received = 0;
};

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Returns false when the descriptor is of no use any more.
bool read_bytes(Board *board, int fd) {
    uint8_t bytes[CHUNK_BYTES];
    ssize_t count = read(fd, bytes, sizeof bytes);
    if (count < 0) return would_block();
    for (ssize_t i = 0; i < count; ++i) board->put(board->to_send, bytes[i]);
    return count > 0;
}

bool write_bytes(Board *board, int fd) {
    uint8_t bytes[CHUNK_BYTES];
    size_t size = 0;
    for (uint8_t byte : board->from_board) {
        if (size == sizeof bytes) break;
        bytes[size++] = byte;
    }
    ssize_t count = write(fd, bytes, size);
    if (count < 0) return would_block();
    board->from_board.erase(board->from_board.begin(), board->from_board.begin() + count);
    return true;
}

void wait_for(int fd, short what, int wait_ms) {
    pollfd waiting = {fd, what, 0};
    poll(&waiting, 1, wait_ms);
}

// Runs a burst; returns whether nothing has gone on for so long that nothing will.
bool burst(Board *board) {
    for (uint64_t i = 0; i < BURST_CYCLES; ++i) board->cycle();
    board->quiet_cycles = board->quiet() ? board->quiet_cycles + BURST_CYCLES : 0;
    return board->quiet_cycles > 32 * board->divisor + BURST_CYCLES;
}

}  // namespace

extern "C" {

Board *board_create(uint32_t divisor) { return new Board(divisor); }
void board_destroy(Board *board) { delete board; }
const char *board_missing_ports(Board *board) { return board->missing.c_str(); }
uint64_t board_cycles(Board *board) { return board->cycles; }
uint64_t board_faults(Board *board) { return board->faults; }

void board_set_faults(Board *board, uint64_t seed, double probability) {
    board->fault.configure(seed, probability);
}

// Run for about `cycles` clock cycles, or less after sleeping for up to `wait_ms`.
// Returns 0, or -1 when the descriptor has failed.
int board_run(Board *board, int fd, uint64_t cycles, int wait_ms) {
    for (uint64_t done = 0; done < cycles; done += BURST_CYCLES) {
        if (board->to_send.empty() && !read_bytes(board, fd)) return -1;
        if (!board->from_board.empty() && !write_bytes(board, fd)) return -1;
        if (board->from_board.size() > CHUNK_BYTES) {
            wait_for(fd, POLLOUT, wait_ms);
            return 0;
        }
        if (burst(board)) {
            wait_for(fd, POLLIN, wait_ms);
            return 0;
        }
    }
    return 0;
}

// Pulse the reset line: registers begin anew, memories keep what they hold.
void board_reset(Board *board) { board->reset(); }

void board_send(Board *board, const uint8_t *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) board->to_send.push_back(bytes[i]);
    board->quiet_cycles = 0;
}

// Run until there are bytes for the host, nothing goes on any more, or `cycles` are over.
// Returns the number of bytes put into `bytes`, `room` at most.
uint32_t board_receive(Board *board, uint8_t *bytes, uint32_t room, uint64_t cycles) {
    for (uint64_t done = 0; board->from_board.empty() && done < cycles; done += BURST_CYCLES)
        if (burst(board)) break;
    uint32_t count = 0;
    for (; count < room && !board->from_board.empty(); ++count) {
        bytes[count] = board->from_board.front();
        board->from_board.pop_front();
    }
    return count;
}

}
