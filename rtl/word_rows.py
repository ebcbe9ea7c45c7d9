"""The rows of a word, one after the other."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: Rows that are chosen before their turn: a choice has as many cycles.
AHEAD = 4


class WordRows(wiring.Component):
    """Hold a word, and show its rows in order.

    A compact one shifts the word, each bit being a cell with table and register. The other chooses
    a row by its number: half as many tables, and what is decided late reaches the registers of one
    row only.

    Parameters
    ----------
    bits, rows : int
        Of a row; of a word.
    compact : bool

    Members
    -------
    word : ``In(bits * rows)``, the word that comes next
    fresh : ``In(1)``, nothing is left of the one before but what is at ``row``
    step : ``In(1)``, go on to the next row: of ``word``, when ``fresh``
    row : ``Out(bits)``
    """

    def __init__(self, bits: int, rows: int, compact: bool) -> None:
        self._bits = bits
        self._rows = rows
        self._compact = compact
        super().__init__({"word": In(bits * rows), "fresh": In(1), "step": In(1), "row": Out(bits)})

    def elaborate(self, platform):
        m = Module()
        rest = Signal(self._bits * (self._rows - 1), reset_less=True)
        later = self._shift(m, rest) if self._compact else self._choose(m, rest)
        with m.If(self.step):
            m.d.sync += self.row.eq(later)
            with m.If(self.fresh):
                m.d.sync += self.row.eq(self.word[: self._bits])
        return m

    def _shift(self, m, rest):
        """Move up what is left by a row at each step."""
        with m.If(self.step):
            m.d.sync += rest.eq(rest[self._bits :])
            with m.If(self.fresh):
                m.d.sync += rest.eq(self.word[self._bits :])
        return rest[: self._bits]

    def _choose(self, m, rest):
        """Choose from what is left by the number of the row; until a step it is taken over anew.

        Every ``AHEAD``-th row is chosen on a way of its own, some steps ahead of its turn.
        """
        with m.If(self.fresh):
            m.d.sync += rest.eq(self.word[self._bits :])
        turn = Signal(range(AHEAD))
        with m.If(self.step):
            m.d.sync += turn.eq(Mux(self.fresh, 0, turn + 1))
        rows = [rest[k : k + self._bits] for k in range(0, len(rest), self._bits)]
        chosen = [self._choose_ahead(m, rows[k::AHEAD], turn == k, k) for k in range(AHEAD)]
        with m.If(self.fresh):
            m.d.sync += chosen[0].eq(self.word[self._bits :])
        return Array(chosen)[turn]

    def _choose_ahead(self, m, rows, in_turn, name):
        """Return a register for the next of ``rows``, each taken when it is its turn."""
        chosen = Signal(self._bits, name=f"chosen_{name}", reset_less=True)
        number = Signal(range(max(2, len(rows))), name=f"number_{name}")
        with m.If(self.fresh):
            m.d.sync += number.eq(0)
        with m.Elif(self.step & in_turn):
            m.d.sync += number.eq(number + 1)
        m.d.sync += chosen.eq(Cat(rows).word_select(number, self._bits))
        return chosen
