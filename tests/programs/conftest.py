"""The examples are programs: they run with a library bound to ``keras``, and are not collected as modules."""

collect_ignore_glob = ["examples/*"]
