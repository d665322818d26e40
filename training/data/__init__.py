"""Labelled faces: a module for each layout that publishers use, crops of them, and folds."""
