"""How good a picture model is, and whether it copies: classifiers, metrics, neighbours."""
