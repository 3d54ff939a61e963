"""What is special about radar: units, speckle, calibration and geocoding."""
