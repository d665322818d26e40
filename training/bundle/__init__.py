"""From a trained filter to a bundle: its graph, its int8 twin, its card and its picture."""
