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
    "gates": "gates of every time step",
    "h": "state of every time step",
    "c": "cell state of every time step",
    "values": "loss of each row",
    "weights": "weight of each row in L: 1/N for a plain mean over N rows",
    "loss": "L, the number that training makes smaller, without regularizers",
    "t": "targets; a label as 1 at its class and 0 elsewhere",
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
