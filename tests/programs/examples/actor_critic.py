# Actor and critic on CartPole from gymnasium: one tape for each episode, the actions drawn by NumPy.
import gymnasium
from keras import layers, ops

env = gymnasium.make("CartPole-v1")
gamma, num_actions = 0.99, 2
inputs = layers.Input(shape=(4,))
common = layers.Dense(8, activation="relu")(inputs)
action = layers.Dense(num_actions, activation="softmax")(common)
critic = layers.Dense(1)(common)
model = keras.Model(inputs=inputs, outputs=[action, critic])
optimizer = keras.optimizers.Adam(learning_rate=0.01)
huber_loss = keras.losses.Huber()
rng = np.random.default_rng(2)

lengths, losses = [], []
for episode in range(2):
    state, _ = env.reset(seed=episode)
    probabilities_history, values_history, rewards_history = [], [], []
    with GradientTape() as tape:
        for _ in range(20):
            probabilities, value = model(ops.convert_to_tensor(state[np.newaxis].astype("float64")))
            values_history.append(value[0, 0])
            chosen = int(rng.random() > float(probabilities[0, 0]))
            probabilities_history.append(ops.log(probabilities[0, chosen]))
            state, reward, done, _, _ = env.step(chosen)
            rewards_history.append(reward)
            if done:
                break
        returns, total = [], 0.0
        for reward in rewards_history[::-1]:
            total = reward + gamma * total
            returns.insert(0, total)
        returns = (np.array(returns) - np.mean(returns)) / (np.std(returns) + 1e-7)
        actor_losses, critic_losses = [], []
        for log_prob, value, ret in zip(probabilities_history, values_history, returns):
            actor_losses.append(-log_prob * (ret - value))
            critic_losses.append(huber_loss(ops.expand_dims(value, 0), np.array([ret])))
        loss_value = sum(actor_losses) + sum(critic_losses)
    grads = tape.gradient(loss_value, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    lengths.append(len(rewards_history))
    losses.append(float(loss_value))
logged["lengths"], logged["losses"] = lengths, losses
logged["weights"] = model.get_weights()
