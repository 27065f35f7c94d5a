"""How fast minikeras is, measured on the machine that reads this: ``python -m benchmarks``.

The workload is the article's: 55,000 images, 784-300-100-10, batch 32, float32, plain SGD at 0.01.

- ``work``: the workload as numbers: data, first weights, floating-point operations, the loss that every time must earn
- ``floor``: the least it can take: its matrix products alone, and its operations at the rate of a large product
- ``competitors``: the same training in every library; ``worker``: each of them in a process of its own
- ``peers``, ``latency``, ``startup``, ``memory``, ``scaling``: what is measured; ``fresh``: in fresh processes
- ``machine``, ``report``, ``plots``: where it was measured, as tables, as pictures
"""
