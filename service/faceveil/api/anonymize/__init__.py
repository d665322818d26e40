"""`/v1/anonymize`: an image goes in; an emotion and a privacy-filtered embedding come out."""
