"""From detections to findings: probability, false alarm rate, detection limit, explanations."""
