# A training loop on GradientTape: batches, metrics, losses of layers, clipping, validation, a constraint, no compile.
from keras import layers, ops

keras.utils.set_random_seed(7)
rng = np.random.default_rng(14)
X, y = rng.normal(size=(60, 5)), rng.integers(0, 3, 60)
X_valid, y_valid = rng.normal(size=(20, 5)), rng.integers(0, 3, 20)

model = keras.models.Sequential(
    [
        keras.Input((5,)),
        layers.Dense(8, activation="elu", kernel_regularizer=keras.regularizers.l2(0.05)),
        layers.Dropout(0.25),
        layers.BatchNormalization(),
        layers.Dense(3, kernel_regularizer=keras.regularizers.l2(0.05), kernel_constraint="max_norm"),
    ]
)
optimizer = keras.optimizers.Adam(learning_rate=0.02, clipnorm=1.0)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()
mean_loss = keras.metrics.Mean()


def train_step(x, y):
    with GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
        loss_value += sum(model.losses)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, logits)
    mean_loss(loss_value)
    return loss_value


for epoch in range(3):
    steps = []
    for first in range(0, 60, 15):
        batch = slice(first, first + 15)
        steps.append(float(train_step(X[batch], y[batch])))
    logged[f"steps {epoch}"] = steps
    logged[f"train {epoch}"] = [float(train_acc_metric.result()), float(mean_loss.result())]
    train_acc_metric.reset_state()
    mean_loss.reset_state()
    val_acc_metric.update_state(y_valid, model(X_valid, training=False))
    logged[f"valid {epoch}"] = float(val_acc_metric.result())
    val_acc_metric.reset_state()
logged["weights"] = model.get_weights()

# second derivatives are not asked for; a persistent tape, watched inputs and a saliency map are
x = ops.convert_to_tensor(X[:2])
with GradientTape(persistent=True) as tape:
    tape.watch(x)
    best = ops.max(ops.softmax(model(x, training=False)), axis=-1)
    total = ops.sum(ops.log(best))
logged["saliency"] = ops.convert_to_numpy(tape.gradient(best, x))
logged["total"] = ops.convert_to_numpy(tape.gradient(total, x))
