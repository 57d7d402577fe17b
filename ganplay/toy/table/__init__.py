"""Tables that strangers send, made into points: bytes to text, cells, numbers, columns, points."""
