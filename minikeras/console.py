"""Text for consoles: some cannot show every character, and some programs have no console.

>>> spelt("∂L/∂θ ✓ naïve 模", "ascii")
'dL/dtheta + na?ve ?'
>>> spelt("∂L/∂θ ✓", "utf-8")
'∂L/∂θ ✓'
"""

import codecs
import sys

ERRORS = "minikeras.spelt"  # the name of the error handler

_ASCII = {
    **dict.fromkeys("─−–—₋", "-"),
    **dict.fromkeys("┃│", "|"),
    **dict.fromkeys("┏┓┗┛┳┻╇┩┡┼┴┬┤├┘┐└┌₊✓", "+"),
    **dict.fromkeys("×⊙⊗·", "*"),
    **{"━": "=", "∂": "d", "‖": "||", "✗": "X", "…": "...", "←": "<-", "→": "->", "÷": "/", "±": "+-", "∞": "inf"},
    **{"≈": "~", "≠": "!=", "≤": "<=", "≥": ">=", "⟨": "<", "⟩": ">", "√": "sqrt ", "Σ": "sum", "Δ": "delta "},
    **{"β": "beta", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta", "λ": "lambda", "μ": "mu", "ρ": "rho"},
    **{"σ": "sigma", "ℓ": "l", "ᵀ": "^T", "²": "^2", "³": "^3", "½": "1/2", "⅓": "1/3", "ŷ": "y_pred"},
    **{"′": "'", "″": "'" * 2, "‴": "'" * 3, "ᵢ": "_i", "ⱼ": "_j", "ₙ": "_n"},
    **{chr(0x2080 + digit): f"_{digit}" for digit in range(10)},
}


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(c, "?") for c in error.object[error.start : error.end]), error.end


codecs.register_error(ERRORS, _spell)


def spelt(text: str, encoding: str | None = None) -> str:
    """A text in which each character that an encoding lacks is spelt in ASCII, or is "?".

    Args:
        encoding: None takes stdout's; a stdout that names none leaves the text as it is.
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None)
    try:
        return text.encode(encoding, ERRORS).decode(encoding) if isinstance(encoding, str) else text
    except (LookupError, UnicodeError):  # an encoding that Python does not have, or one that lacks ASCII
        return text


def write(text: str) -> None:
    """Writes to stdout and flushes it; does nothing where there is no stdout (``pythonw``, some services)."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(spelt(text, getattr(stream, "encoding", None) or "ascii"))
    if hasattr(stream, "flush"):
        stream.flush()


def show(text: str) -> None:
    """:func:`write`, with an end of line."""
    write(f"{text}\n")


def spell_out() -> None:
    """Makes stdout and stderr spell what they cannot show, for a program that owns them: the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)
