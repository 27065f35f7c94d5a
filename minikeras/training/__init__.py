"""How a model is trained: the trainer, its data, the loss head, the running metrics."""
