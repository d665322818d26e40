"""How fast the service is beside its own work and beside other servers: `make bench`."""
