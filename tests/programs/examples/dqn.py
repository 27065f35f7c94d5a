# A deep Q-network on a corridor: replay memory, a target model, a masked loss on the actions that were taken.
from collections import deque

from keras import layers, ops

keras.utils.set_random_seed(12)


class Corridor:
    n_actions = 2

    def reset(self):
        self.place, self.time = 2, 0
        return self.observation()

    def observation(self):
        return np.eye(6)[self.place] + 0.1 * self.time

    def step(self, action):
        self.place = min(5, max(0, self.place + (1 if action else -1)))
        self.time += 1
        done = self.place in (0, 5) or self.time == 12
        return self.observation(), float(self.place == 5), done


def build():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="elu"), layers.Dense(Corridor.n_actions)])


model, target = build(), build()
target.set_weights(model.get_weights())
optimizer = keras.optimizers.Adam(learning_rate=1e-2)
loss_fn = keras.losses.Huber()
replay_buffer = deque(maxlen=100)
discount = 0.9


def epsilon_greedy_policy(state, epsilon):
    if np.random.rand() < epsilon:
        return np.random.randint(Corridor.n_actions)
    return int(model.predict(state[np.newaxis], verbose=0)[0].argmax())


def training_step(batch_size):
    indices = np.random.randint(len(replay_buffer), size=batch_size)
    batch = [replay_buffer[index] for index in indices]
    states, actions, rewards, next_states, dones = (np.array([e[i] for e in batch]) for i in range(5))
    next_Q_values = target.predict(next_states, verbose=0)
    target_Q_values = (rewards + (1.0 - dones) * discount * next_Q_values.max(axis=1)).reshape(-1, 1)
    mask = ops.one_hot(actions, Corridor.n_actions, dtype="float64")
    with GradientTape() as tape:
        all_Q_values = model(states)
        Q_values = ops.sum(all_Q_values * mask, axis=1, keepdims=True)
        loss = ops.mean(loss_fn(target_Q_values, Q_values))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return float(loss)


env, totals, losses = Corridor(), [], []
for episode in range(8):
    obs, total = env.reset(), 0.0
    for step in range(12):
        action = epsilon_greedy_policy(obs, max(1 - episode / 6, 0.1))
        next_obs, reward, done = env.step(action)
        replay_buffer.append((obs, action, reward, next_obs, float(done)))
        obs, total = next_obs, total + reward
        if done:
            break
    totals.append(total)
    if episode > 2:
        losses.append(training_step(16))
    if episode % 3 == 2:
        target.set_weights(model.get_weights())
logged["totals"] = totals
logged["losses"] = losses
logged["Q"] = model.predict(np.eye(6), verbose=0)
