# A weather-like series: windows from timeseries_dataset_from_array, a GRU that predicts a later temperature.
from keras import layers

rng = np.random.default_rng(4)
hours = np.arange(300)
temperature = 10 + 5 * np.sin(hours / 24 * 2 * np.pi) + rng.normal(size=300)
pressure = 1000 + 0.3 * rng.normal(size=300).cumsum()
features = np.stack([temperature, pressure], axis=1)
train = 200
features = (features - features[:train].mean(axis=0)) / features[:train].std(axis=0)

past, future, step = 12, 3, 2
options = {"sequence_length": past // step, "sampling_rate": step, "batch_size": 32}
start = past + future
dataset_train = keras.utils.timeseries_dataset_from_array(
    features[:train], features[start : start + train, 0], **options
)
x_end = 300 - past - future
dataset_val = keras.utils.timeseries_dataset_from_array(features[train:x_end], features[train + start :, 0], **options)
for inputs, targets in dataset_train:
    logged["first batch"] = [np.shape(inputs), np.shape(targets)]
    break

model = keras.Sequential([keras.Input((past // step, 2)), layers.GRU(6, recurrent_dropout=0.2), layers.Dense(1)])
model.compile(keras.optimizers.RMSprop(0.01), "mse", metrics=["mae"])
logged["fit"] = model.fit(dataset_train, epochs=3, validation_data=dataset_val, verbose=0).history
logged["predict"] = model.predict(dataset_val, verbose=0)[:5]
