"""FaceVeil's service: a face goes in, an emotion and a privacy-filtered embedding come out."""
