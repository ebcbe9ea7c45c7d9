"""What differs between the families of devices, one module of data and rules for each."""
