"""The programs in ``examples/`` are run by the tests; pytest does not import them."""

collect_ignore = ["examples"]
