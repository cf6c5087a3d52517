"""Statistical process control: control limits, rules on runs of points, and kinetics of temperature. Pure computation."""
