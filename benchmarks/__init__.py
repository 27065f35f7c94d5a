"""How fast minikeras is, measured on the machine that reads this: ``python -m benchmarks``."""
