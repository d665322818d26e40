"""The commands of training: options in, a study out."""
