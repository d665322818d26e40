"""Faces that were made to move: a neutral portrait, shown with any emotion, pose and light.

A head whose shape is known is fitted to a portrait, moved by combinations of action units, and
drawn again with the portrait for its skin. Who is shown, which muscles act and how strongly, from
where and in what light it is seen are then all known of each picture.
"""
