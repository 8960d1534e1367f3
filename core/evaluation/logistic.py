"""Logistic regression, small enough to be solved exactly."""

import numpy as np


def logistic_regression(design: np.ndarray, labels: np.ndarray, weights: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """Fit P(label = 1) = sigmoid(b0 + design @ b) by Newton's method.

    Args:
        design: float (n, k), one row for each observation.
        labels: (n,), 0 or 1.
        weights: (n,), how much each observation counts.
        ridge: pull of the slopes (of standardised columns) to zero; keeps them finite where the classes do not overlap.

    Returns:
        float64 (k + 1,): intercept and slopes.
    """
    centre, spread = design.mean(axis=0), design.std(axis=0) + 1e-12
    columns = np.column_stack([np.ones(len(design)), (design - centre) / spread])
    pull = np.diag([0.0] + [ridge] * design.shape[1])
    beta = np.zeros(design.shape[1] + 1)
    for _ in range(100):
        chance = 0.5 * (1 + np.tanh(0.5 * (columns @ beta)))
        gradient = columns.T @ (weights * (labels - chance)) - pull @ beta
        curvature = (columns * (weights * chance * (1 - chance))[:, None]).T @ columns + pull
        step = np.linalg.solve(curvature, gradient)
        beta += step
        if np.abs(step).max() < 1e-10:
            break
    slopes = beta[1:] / spread
    return np.concatenate([[beta[0] - slopes @ centre], slopes])
