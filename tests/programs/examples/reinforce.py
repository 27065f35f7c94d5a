# REINFORCE on a small pole-balancing environment: discounted rewards, one gradient for each step of an episode.
from keras import layers, ops

keras.utils.set_random_seed(11)


class Pole:
    def reset(self):
        self.state = np.array([0.05, 0.0]) * np.random.choice([-1.0, 1.0])
        return self.state.copy()

    def step(self, action):
        angle, speed = self.state
        speed += 0.1 * np.sin(angle) + (0.06 if action else -0.06)
        angle += 0.2 * speed
        self.state = np.array([angle, speed])
        return self.state.copy(), 1.0, bool(abs(angle) > 0.25)


def play_one_step(env, obs, model, loss_fn):
    with GradientTape() as tape:
        left_proba = model(obs[np.newaxis])
        action = np.random.rand(1, 1) > ops.convert_to_numpy(left_proba)
        y_target = np.array([[1.0]]) - action.astype("float64")
        loss = ops.mean(loss_fn(y_target, left_proba))
    grads = tape.gradient(loss, model.trainable_variables)
    obs, reward, done = env.step(int(action[0, 0]))
    return obs, reward, done, grads


def discount_rewards(rewards, discount_factor):
    discounted = np.array(rewards)
    for step in range(len(rewards) - 2, -1, -1):
        discounted[step] += discounted[step + 1] * discount_factor
    return discounted


def discount_and_normalize_rewards(all_rewards, discount_factor):
    all_discounted = [discount_rewards(rewards, discount_factor) for rewards in all_rewards]
    flat_rewards = np.concatenate(all_discounted)
    return [(discounted - flat_rewards.mean()) / flat_rewards.std() for discounted in all_discounted]


model = keras.Sequential([keras.Input((2,)), layers.Dense(5, activation="elu"), layers.Dense(1, activation="sigmoid")])
optimizer = keras.optimizers.Nadam(learning_rate=0.05)
loss_fn = keras.losses.binary_crossentropy
env = Pole()
lengths, norms = [], []
for iteration in range(3):
    all_rewards, all_grads = [], []
    for episode in range(2):
        current_rewards, current_grads = [], []
        obs = env.reset()
        for step in range(12):
            obs, reward, done, grads = play_one_step(env, obs, model, loss_fn)
            current_rewards.append(reward)
            current_grads.append(grads)
            if done:
                break
        all_rewards.append(current_rewards)
        all_grads.append(current_grads)
    all_final_rewards = discount_and_normalize_rewards(all_rewards, 0.95)
    all_mean_grads = []
    for var_index in range(len(model.trainable_variables)):
        mean_grads = ops.mean(
            ops.stack(
                [
                    final_reward * all_grads[episode_index][step][var_index]
                    for episode_index, final_rewards in enumerate(all_final_rewards)
                    for step, final_reward in enumerate(final_rewards)
                ]
            ),
            axis=0,
        )
        all_mean_grads.append(mean_grads)
    optimizer.apply_gradients(zip(all_mean_grads, model.trainable_variables))
    lengths.append([len(rewards) for rewards in all_rewards])
    norms.append([float(ops.norm(ops.reshape(g, (-1,)))) for g in all_mean_grads])
logged["lengths"] = lengths
logged["norms"] = norms
logged["weights"] = model.get_weights()
