"""The standard interfaces, thin slices over one batched core: Gymnasium (one agent, many), PettingZoo; recordings of them."""
