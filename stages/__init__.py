"""The work: one module per stage, the canvas, tile geometry and the neural core (`nst`)."""
