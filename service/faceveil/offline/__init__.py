"""Without a server: pictures, clips and cameras are read here, by the same confined processes."""
