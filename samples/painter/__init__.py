"""How the sample style is painted: scene, brush, strokes, canvas."""
