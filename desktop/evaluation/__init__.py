"""How well scores tell genuine clips from others, and how to fit them to a site: manifest -> scoring -> figures -> page."""
