"""`/v1/video`: a clip goes in whole; faces with numbers and moods come out as it is read."""
