"""What is recorded: findings, observations, reviews and runs, as plain frozen values."""
