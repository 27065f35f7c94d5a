"""Programs that train on with Keras on several devices, from a file of minikeras."""
