"""Front ends: from what people train with to a TrainedNetwork."""
