"""cocotb benches, which only replay what the golden model computed, and their runner."""
