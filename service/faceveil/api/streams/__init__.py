"""`/v1/stream`: frames go in over a WebSocket; faces with numbers and moods come out."""
