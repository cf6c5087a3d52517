"""Seeded simulations of manufacturers: their master data, EPCIS events, and the truth that a trace must find."""

from backend.simulator.simulation import Industry, Simulation, simulate

__all__ = ["Industry", "Simulation", "simulate"]
