"""Dose of kilovoltage photons: Monte Carlo and hybrid engines behind one door, `compute`."""
