"""The words of the page: what each symbol means, and the ten stops of the tour."""

QUANTITIES = {
    "x": "what the layer takes",
    "z": "pre-activation: what comes before the activation function",
    "y": "what the layer gives",
    "dy": "how much L changes with each entry of y",
    "dz": "how much L changes with each entry of z",
    "dx": "how much L changes with each entry of x; it is the dy of the layer below",
    "keep": "1 where Dropout keeps an entry",
    "winner": "which entry of each window is the largest",
    "patches": "the windows of x that the kernel meets",
    "mean": "mean of the batch, for each channel",
    "variance": "variance of the batch, for each channel",
    "i": "input gate: how much of g enters the memory, from 0 to 1",
    "f": "forget gate: how much of the memory is kept, from 0 to 1",
    "g": "what could enter the memory",
    "o": "output gate: how much of the memory is shown, from 0 to 1",
    "u": "update gate: how much of the old state is kept, from 0 to 1",
    "r": "reset gate: how much of the old state the new one sees, from 0 to 1",
    "n": "the new state, before it is mixed with the old one",
    "h": "state after each step; time goes to the right",
    "h_before": "h′: state before each step; time goes to the right",
    "c": "memory after each step",
    "c_before": "c′: memory before each step",
    "tanh_c": "the memory, squashed to −1 … 1",
    "q": "queries: what each step looks for",
    "k": "keys: what each step offers",
    "v": "values: what each step gives",
    "p": "attention: how much of value s goes into step t; each row sums to 1",
    "dh": "how much L changes with the state after each step: by this step's output and by all later steps",
    "dc": "how much L changes with the memory after each step",
    "mask": "1 where a step is made, 0 where it is left out",
    "shown": "1 where a step has an output",
    "dh0": "how much L changes with the first state",
    "dc0": "how much L changes with the first memory",
    "values": "loss of each row",
    "weights": "weight of each row in L: 1/N for a plain mean over N rows",
    "loss": "L, the number that training makes smaller, without regularizers",
    "t": "targets; a label as 1 at its class and 0 elsewhere",
}

#: Of a kind of layer that uses a letter in another sense.
QUANTITIES_OF = {
    "Bidirectional": {
        "a": "what the layer gives that reads from the start",
        "b": "what the layer gives that reads from the end, turned round",
    },
    "GRU": {"q": "reset gate times the old state"},
    "HeadsAttention": {name: f"{QUANTITIES[name]}; one tile a head" for name in "qkvp"},
    "BatchNormalization": {
        "dh": "how much L changes with h",
        "h": "x, moved and scaled to mean 0 and variance 1",
        "r": "1 over the standard deviation",
    },
}

SYMBOLS = [
    ("L", "the loss, one number for the batch"),
    ("N, n", "number of rows in the batch; one of them"),
    ("d, k", "one input of a layer; one unit or class"),
    ("x, y", "input and output of a layer"),
    ("W, b", "kernel and bias: the weights that are trained"),
    ("z", "pre-activation: z = x W + b"),
    ("φ, φ′", "activation function and its derivative"),
    ("p, t", "probabilities and targets"),
    ("∂L/∂z, dz", "gradient: how much L changes if an entry of z changes by a little, per unit of that change"),
    ("Σ", "sum over the letter below it"),
    ("⊙", "product entry by entry"),
    ("⊤", "transposed: rows and columns change places"),
    ("w ← …", "the update: the new weight is computed from the old one"),
    ("η", "learning rate: how far an update goes"),
    ("g", "gradient of the weight"),
    ("h′, c′", "state and memory before a step; without the sign, after it"),
    ("σ", "sigmoid: 1 / (1 + exp(−z)), between 0 and 1"),
    ("α, β₁, β₂, m, v", "step size, kept shares and running means of Adam"),
    ("‖ ‖", "norm: the root of the sum of squares"),
    ("NaN, ∞", "a number that is none, and one beyond all bounds; both are drawn in pink"),
]

TOUR = [
    ("#network", "The network", "Each block is a layer of this model. Data go along the arrows. Choose a block to go "
     "to its numbers."),
    ("#rows", "One row of the batch", "Pictures and tables show one row at a time. The buttons, or the keys [ and "
     "], go to another."),
    (".layer .forward", "Forward", "On the left is what the layer computes from its input, from top to bottom."),
    (".layer .array", "An array", "Each picture is an array: one cell for one number. Blue is negative, orange is "
     "positive; below it stand its shape, its range and its mean."),
    ("#equation", "A number", "Choose a cell. Here its equation appears with the numbers filled in, the largest terms "
     "first. Choose a term to go to the cell that it comes from."),
    ("#loss", "The loss", "Logits become probabilities p. The loss is small where p is near 1 at the right class. "
     "p − t is what goes back."),
    (".layer .backward", "Backward", "On the right is how much the loss changes with every number. Read it from the "
     "last layer to the first: each dx is the dy of the layer before."),
    ("#loss .weights, #loss", "Where 1/N enters", "Each row counts with its weight, 1/N. It is in every gradient from "
     "here on, so the rows' parts of dW add up and need no further division."),
    (".layer .update, .update", "The update", "Each weight moves against its gradient, by the optimizer's rule."),
    ("#symbols", "Symbols", "Each symbol is explained here. That is the whole step: forward, loss, backward, update."),
]  # fmt: skip
