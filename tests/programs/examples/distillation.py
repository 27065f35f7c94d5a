# Knowledge distillation: a Distiller with a compute_loss of its own, as in Keras's example.
from keras import layers, ops

keras.utils.set_random_seed(10)
rng = np.random.default_rng(16)
X = rng.normal(size=(64, 6))
y = np.argmax(X[:, :3] + 0.3 * rng.normal(size=(64, 3)), axis=1)


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, allow_empty=False, training=True):
        teacher_pred = self.teacher(x, training=False)
        student_loss = self.student_loss_fn(y, y_pred)
        distillation_loss = self.distillation_loss_fn(
            ops.softmax(teacher_pred / self.temperature, axis=1),
            ops.softmax(y_pred / self.temperature, axis=1),
        ) * (self.temperature**2)
        return self.alpha * student_loss + (1 - self.alpha) * distillation_loss

    def call(self, x):
        return self.student(x)


teacher = keras.Sequential(
    [keras.Input((6,)), layers.Dense(16, "relu"), layers.Dropout(0.3), layers.Dense(3)], name="teacher"
)
student = keras.Sequential(
    [keras.Input((6,)), layers.Dense(4), layers.LeakyReLU(0.25), layers.Dense(3)], name="student"
)
student_scratch = keras.models.clone_model(student)

sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
teacher.compile("adam", sparse, metrics=[keras.metrics.SparseCategoricalAccuracy()])
logged["teacher"] = teacher.fit(X, y, epochs=3, batch_size=16, verbose=0).history
logged["teacher scores"] = teacher.evaluate(X, y, verbose=0)

teacher.trainable = False
distiller = Distiller(student=student, teacher=teacher)
distiller.compile(
    optimizer=keras.optimizers.Adam(0.01),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
    student_loss_fn=sparse,
    distillation_loss_fn=keras.losses.KLDivergence(),
    alpha=0.1,
    temperature=10,
)
logged["distilled"] = distiller.fit(X, y, epochs=3, batch_size=16, verbose=0).history
logged["student"] = distiller.evaluate(X, y, verbose=0)
student_scratch.compile("adam", sparse, metrics=["accuracy"])
logged["scratch"] = student_scratch.fit(X, y, epochs=2, batch_size=16, verbose=0).history
