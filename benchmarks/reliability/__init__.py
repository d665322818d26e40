"""What the service withstands: `make attacks`, `make fuzz`, `make faults`, `make soak`."""
