"""Whether a recall works: what came back of what was shipped, and what sampled customers say when they are asked."""
