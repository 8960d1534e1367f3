"""The frozen program: what `build.spec` puts into it and what happens at its start."""
