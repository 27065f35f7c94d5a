# Subclassed models: blocks in lists and dictionaries, two inputs, two outputs, a frozen part, nested subclasses.
from keras import layers

keras.utils.set_random_seed(6)
rng = np.random.default_rng(13)


class Block(layers.Layer):
    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [
            layers.Dense(n_neurons, activation="elu", kernel_initializer="he_normal") for _ in range(n_layers)
        ]

    def call(self, inputs):
        Z = inputs
        for layer in self.hidden:
            Z = layer(Z)
        return inputs + Z


class WideAndDeep(keras.Model):
    def __init__(self, units=8, **kwargs):
        super().__init__(**kwargs)
        self.norms = {"wide": layers.Normalization(), "deep": layers.Normalization()}
        self.first = layers.Dense(units, activation="relu")
        self.blocks = [Block(2, units) for _ in range(2)]
        self.dropout = layers.Dropout(0.1)
        self.main_output = layers.Dense(1)
        self.aux_output = layers.Dense(1)

    def call(self, inputs, training=None):
        input_wide, input_deep = inputs
        hidden = self.first(self.norms["deep"](input_deep))
        for block in self.blocks:
            hidden = block(hidden)
        hidden = self.dropout(hidden, training=training)
        concat = layers.concatenate([self.norms["wide"](input_wide), hidden])
        return self.main_output(concat), self.aux_output(hidden)


wide, deep = rng.normal(size=(48, 3)) * 2 + 1, rng.normal(size=(48, 4)) - 3
y = rng.normal(size=(48, 1))
model = WideAndDeep(name="my_model")
model.norms["wide"].adapt(wide)
model.norms["deep"].adapt(deep)
model.compile(
    loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer=keras.optimizers.Nadam(0.01), metrics=["mae", "mse"]
)
logged["fit"] = model.fit((wide, deep), (y, y), epochs=3, batch_size=12, verbose=0).history
logged["evaluate"] = model.evaluate((wide, deep), (y, y), batch_size=16, verbose=0, return_dict=True)
logged["predict"] = model.predict((wide[:3], deep[:3]), verbose=0)
logged["count"] = model.count_params()

model.first.trainable = False
model.blocks[0].trainable = False
before = [np.array(w) for w in model.first.get_weights()]
model.compile(loss=["mse", "mae"], optimizer="sgd", metrics=["mae", "mse"])
logged["frozen"] = model.fit((wide, deep), (y, y), epochs=1, batch_size=16, verbose=0).history
logged["kept"] = [after - was for after, was in zip(model.first.get_weights(), before)]
logged["trainable"] = [len(model.trainable_weights), len(model.non_trainable_weights)]
