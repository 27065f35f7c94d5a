"""The programs in ``examples/`` and ``long/`` are run by the tests; pytest does not import them."""

collect_ignore = ["examples", "long"]
