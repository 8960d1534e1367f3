"""Network weights: what the project knows of them (`manifest`), finds (`store`), gets (`download`) and installs (`install`)."""
