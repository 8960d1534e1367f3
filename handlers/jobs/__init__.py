"""What clients ask to be done later: orders, their execution, and the webhooks that tell of it."""
