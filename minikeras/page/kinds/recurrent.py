"""Recurrent layers: the gates, the states, and what goes back from each step to the one before.

SimpleRNN, LSTM and GRU have one pattern. With h′ the state before step t and U the recurrent kernel::

    dh[t] = dy[t] + dz[t+1] Uᵀ                  what the step's own output needs, and what the next step sends back
    dz[t] = φ′ ⊙ dh[t] ⊙ …                      the cell's equations, gate by gate, as in the layers' docstrings
    dW = Σₜ x[t]ᵀ dz[t],   dU = Σₜ h′ᵀ dz[t],   db = Σₜ dz[t],   dx[t] = dz[t] Wᵀ

Where a mask leaves a step out, h = h′, so dz = 0 and dh goes on as it is. Gates stand side by side in z: the entries
k, k + K, k + 2K, … belong to one unit. φ′ and σ′ are computed from what φ and σ gave.
"""

from typing import Any

import numpy as np

from ..rules import Arrays, Beside, Texts

OF_OUTPUT = ("tanh", "sigmoid", "relu", "linear")  # activations whose slope can be told from what they gave


def beside(layer: Any, a: Arrays) -> Beside:
    found: Beside = {}
    if "h_before" not in a:
        return found
    if "mask" in a:
        found["hold"] = (1 - a["mask"], "forward", "1 where a step is left out: its state stays")
    if "dz" in a:
        words = "‖dz‖ at each step: how strongly the step is corrected; where it fades, nothing is learned"
        found["norm_dz"] = (np.linalg.norm(a["dz"], axis=-1), "backward", words)
    return found


def simple_rnn(layer: Any, a: Arrays) -> Texts:
    if not _plain(a):
        return {}
    p = _Parts(layer, a)
    found = p.sequence("dz") | {"dh": p.dh(f"{p.step('t+1')}dz[n,t+1,j] recurrent_kernel[k,j]")}
    found["dh0"] = f"dh0[n,k] = dz[n,0,j] recurrent_kernel[k,j]{p.held('dh', '0')}"
    if p.phi in OF_OUTPUT:
        found["dz"] = f"dz[n,t,k] = {p.step('t')}dh[n,t,k] {p.phi}'h[n,t,k]"
    found["z"] = f"z[n,t,k] = {p.z('k')}"
    if "mask" not in a:
        found["h"] = f"h[n,t,k] = {p.phi}({p.z('k')})"
    return found


def lstm(layer: Any, a: Arrays) -> Texts:
    if not _plain(a):
        return {}
    p, units, m = _Parts(layer, a), layer.units, "mask[n,t] " * ("mask" in a)
    found = p.sequence("dz") | {"dh": p.dh(f"{p.step('t+1')}dz[n,t+1,j] recurrent_kernel[k,j]")}
    found["dh0"] = f"dh0[n,k] = dz[n,0,j] recurrent_kernel[k,j]{p.held('dh', '0')}"
    found["z"] = f"z[n,t,k] = {p.z('k')}"
    for number, name in enumerate("ifgo"):
        found[name] = f"{name}[n,t,k] = {p.phi if name == 'g' else p.sigma}({p.z(f'k+{number * units}')})"
    hold_c, hold_h = (f" + hold[n,t] {s}_before[n,t,k]" * ("mask" in a) for s in "ch")
    found["c"] = f"c[n,t,k] = {m}f[n,t,k] c_before[n,t,k] + {m}i[n,t,k] g[n,t,k]{hold_c}"
    found["h"] = f"h[n,t,k] = {m}o[n,t,k] tanh_c[n,t,k]{hold_h}"
    if "mask" not in a:
        found["tanh_c"] = f"tanh_c[n,t,k] = {p.phi}(c[n,t,k])"
    found["dc0"] = f"dc0[n,k] = {p.step('0')}dc[n,0,k] f[n,0,k]{p.held('dc', '0')}"
    if not {p.phi, p.sigma} <= set(OF_OUTPUT):
        return found
    last = f" + dy2[n,k]{{t={p.steps - 1}}}" if "dy2" in a else ""
    onward = f"{p.step('t+1')}dc[n,t+1,k] f[n,t+1,k]{p.held('dc', 't+1')}{last}"
    found["dc"] = f"dc[n,t,k] = {m}dh[n,t,k] o[n,t,k] {p.phi}'tanh_c[n,t,k] + {onward}"
    at = [f"[n,t,k-{number * units}]" for number in range(4)]
    parts = (
        f"dc{at[0]} g{at[0]} {p.sigma}'i{at[0]}",
        f"dc{at[1]} c_before{at[1]} {p.sigma}'f{at[1]}",
        f"dc{at[2]} i{at[2]} {p.phi}'g{at[2]}",
        f"dh{at[3]} tanh_c{at[3]} {p.sigma}'o{at[3]}",
    )
    found["dz"] = "dz[n,t,k] = " + " + ".join(m + part for part in parts)  # three of them lie outside their arrays
    return found


def gru(layer: Any, a: Arrays) -> Texts:
    if not _plain(a):
        return {}
    p, units, m, has_bias = _Parts(layer, a), layer.units, "mask[n,t] " * ("mask" in a), "bias" in a
    before, last = not layer.reset_after, 2 * layer.units
    found = p.sequence("dz" if before else "da")
    hold = " + hold[n,t] h_before[n,t,k]" * ("mask" in a)
    found["h"] = f"h[n,t,k] = {m}u[n,t,k] h_before[n,t,k] + {m}n[n,t,k] - {m}u[n,t,k] n[n,t,k]{hold}"
    if before:
        del found["drecurrent_kernel"]  # some of its columns meet h′, the others q
        found["q"] = "q[n,t,k] = r[n,t,k] h_before[n,t,k]"
        for number, name in enumerate("ur"):
            found[name] = f"{name}[n,t,k] = {p.sigma}({p.z(f'k+{number * units}')})"
        n = f"{p.x_w(f'k+{last}')} + q[n,t,l] recurrent_kernel[l,k+{last}]{p.bias(f'k+{last}')}"
        found["n"] = f"n[n,t,k] = {p.phi}({n})"
        return found
    found["dbias"] = "dbias[i,k] = dz[n,t,k]{i=0} + da[n,t,k]{i=1}"
    found["a"] = "a[n,t,k] = h_before[n,t,l] recurrent_kernel[l,k]" + " + bias[1,k]" * has_bias
    for number, name in enumerate("ur"):
        k = f"k+{number * units}"
        found[name] = f"{name}[n,t,k] = {p.sigma}({p.x_w(k)} + a[n,t,{k}]{p.bias(f'0,{k}')})"
    inner = f"{p.x_w(f'k+{last}')} + r[n,t,k] a[n,t,k+{last}]{p.bias(f'0,k+{last}')}"
    found["n"] = f"n[n,t,k] = {p.phi}({inner})"
    for name, at in (("dh", "t+1"), ("dh0", "0")):
        on = p.step(at)
        onward = f"{on}dh[n,{at},k] u[n,{at},k] + {on}da[n,{at},j] recurrent_kernel[k,j]"
        found[name] = p.dh(onward) if name == "dh" else f"dh0[n,k] = {onward}{p.held('dh', '0')}"
    found["da"] = f"da[n,t,k] = dz[n,t,k]{{k<{last}}} + dz[n,t,k] r[n,t,k-{last}]"
    if {p.phi, p.sigma} <= set(OF_OUTPUT):
        r, n = f"[n,t,k-{units}]", f"[n,t,k-{last}]"
        update = f"{m}dh[n,t,k] {p.sigma}'u[n,t,k]"
        reset = f"dz[n,t,k+{units}] a[n,t,k+{units}] {p.sigma}'r{r}"
        new = f"{m}dh{n} {p.phi}'n{n}"
        found["dz"] = f"dz[n,t,k] = {update} h_before[n,t,k] - {update} n[n,t,k] + {reset} + {new} - {new} u{n}"
    return found


def _plain(a: Arrays) -> bool:
    """True if each step takes x and h′ as they are, without dropout."""
    return not {"keep", "drop"} & set(a) and "h_before" in a


class _Parts:
    """The parts that the rules of the three layers share."""

    def __init__(self, layer: Any, a: Arrays) -> None:
        self.layer, self.a, self.steps = layer, a, a["h"].shape[1]
        self.phi = layer.activation.__name__
        self.sigma = getattr(layer, "recurrent_activation", layer.activation).__name__
        self.x = "x0" if "x0" in a else "x"
        self.y, self.dy = ("y0", "dy0") if "y0" in a else ("y", "dy")
        self.t = f"{self.steps - 1}-t" if layer.go_backwards else "t"  # the place in x of what step t reads

    def step(self, t: str) -> str:
        """The factor that is 0 for a step that is left out."""
        return f"mask[n,{t}] " * ("mask" in self.a)

    def held(self, d: str, t: str) -> str:
        """What passes by a step that is left out."""
        return f" + hold[n,{t}] {d}[n,{t},k]" * ("mask" in self.a)

    def bias(self, at: str) -> str:
        return f" + bias[{at}]" * ("bias" in self.a)

    def x_w(self, k: str) -> str:
        return f"{self.x}[n,{self.t},d] kernel[d,{k}]"

    def z(self, k: str) -> str:
        return f"{self.x_w(k)} + h_before[n,t,l] recurrent_kernel[l,{k}]{self.bias(k)}"

    def dh(self, onward: str) -> str:
        """dh of each step: dy, and what the next step sends back."""
        shown, last, dy = " shown[n,t]" * ("shown" in self.a), f"{{t={self.steps - 1}}}", ""
        if self.dy in self.a:
            at, only = ("n,t,k", "") if self.layer.return_sequences else ("n,k", last)
            dy = f"{self.dy}[{at}]{shown}{only} + "
        dy += f"dy1[n,k]{last} + " * ("dy1" in self.a)
        return f"dh[n,t,k] = {dy}{onward}{self.held('dh', 't+1')}"

    def sequence(self, of_states: str) -> Texts:
        """y and the gradients that are sums over all steps; ``of_states`` is the gradient of h′ U."""
        t, dx = self.steps - 1, f"d{self.x}"
        at, step = ("n,t,k", "t") if self.layer.return_sequences else ("n,k", str(t))
        shown = f" shown[n,{step}]" * ("shown" in self.a)
        first = {s: f" + {x}[n,k]{{t=0}}" * (x in self.a) for s, x in (("h", "x1"), ("c", "x2"))}
        return {
            **{f"{s}_before": f"{s}_before[n,t,k] = {s}[n,t-1,k]{given}" for s, given in first.items()},
            **{"y1": f"y1[n,k] = h[n,{t},k]", "y2": f"y2[n,k] = c[n,{t},k]"},
            **{"dx1": "copy dh0", "dx2": "copy dc0"},
            self.y: f"{self.y}[{at}] = h[n,{step},k]{shown}",
            "dkernel": f"dkernel[d,k] = {self.x}[n,{self.t},d] dz[n,t,k]",
            "drecurrent_kernel": f"drecurrent_kernel[l,k] = h_before[n,t,l] {of_states}[n,t,k]",
            "dbias": "dbias[k] = dz[n,t,k]",
            dx: f"{dx}[n,t,d] = dz[n,{self.t},k] kernel[d,k]",
        }
