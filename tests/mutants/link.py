"""Faults in the link."""

from tests.mutants.mutation import Mutation

BYTES, FRAMES = ("tests/rtl/test_link_bytes.py",), ("tests/rtl/test_link_frames.py",)
TOTALS = ("tests/rtl/test_link_totals.py", "tests/rtl/test_link_commands.py")

FAULTS = (
    ("cobs", "_FULL_CODE = BLOCK_BYTES + 1", "_FULL_CODE = BLOCK_BYTES", BYTES),
    ("cobs", "self.o.p.cut.eq(~is_code)", "self.o.p.cut.eq(0)", BYTES),
    ("cobs", "is_zero | self.i.p.last | (code == BLOCK_BYTES)", "is_zero | self.i.p.last", BYTES),
    ("crc", "left.eq(_BYTE_BITS)", "left.eq(_BYTE_BITS - 1)", BYTES),
    ("uart", "timer.eq(self.divisor // 2 - 1)", "timer.eq(self.divisor - 1)", BYTES),
    ("uart", "level & ~self.o.valid", "~self.o.valid", BYTES),
    ("frames", "crc.match & legal & ~items.p.cut & ~stop", "legal & ~items.p.cut & ~stop", FRAMES),
    ("frames", "crc.match & legal & ~items.p.cut & ~stop", "crc.match & legal & ~stop", FRAMES),
    ("frames", "stop = dropped | (write == read)", "stop = write == read", FRAMES),
    ("frames", "length[:8] >= MIN_REQUEST_BYTES - 1", "length[:8] >= MIN_REQUEST_BYTES", FRAMES),
    ("frames", "index == CRC_BYTES - 1", "index == CRC_BYTES - 2", FRAMES),
    ("totals", "delayed(m, self._index, cycles, ", "delayed(m, self._index, cycles - 1, ", TOTALS),
    ("totals", "Mux(fresh, 0, found)", "found", TOTALS),
    ("totals", "(self._left == 1)", "(self._left == 2)", TOTALS),
)

MUTATIONS = tuple(
    Mutation(f"rtl/link/{file}.py", right, wrong, tests) for file, right, wrong, tests in FAULTS
)
