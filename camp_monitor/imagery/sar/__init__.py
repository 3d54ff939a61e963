"""What is special about radar: units, speckle, platforms, calibration and geocoding."""
