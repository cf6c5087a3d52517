"""Sensor elements of process steps: a summary over the step and the readings of its curve."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from backend.simulator.recorder import timestamp


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity that climbs from `start` to `plateau`, holds there with `noise`, and is `end` at the last reading."""

    measurement: str
    unit_of_measure: str
    start: float
    plateau: float
    end: float
    noise: float
    readings: int = 8
    rise: float = 0.3
    fall: float = 0.15

    def level(self, progress: float) -> float:
        if progress < self.rise:
            return self.start + (self.plateau - self.start) * math.sin(progress / self.rise * math.pi / 2)
        if progress > 1 - self.fall:
            return self.end + (self.plateau - self.end) * (1 - progress) / self.fall
        return self.plateau


def steady(measurement: str, unit_of_measure: str, level: float, noise: float, readings: int = 4) -> Curve:
    return Curve(measurement, unit_of_measure, level, level, level, noise, readings)


def curve_elements(curve: Curve, device: str, began: datetime, ended: datetime, random: Random) -> list[dict[str, Any]]:
    """One element with minimum, mean, maximum and deviation of the step, and one with the readings as a time series."""
    step = (ended - began) / max(curve.readings - 1, 1)
    readings = [
        (began + index * step, round(curve.level(index / max(curve.readings - 1, 1)) + random.gauss(0, curve.noise), 2))
        for index in range(curve.readings)
    ]
    values = [value for _, value in readings]
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    summary = {
        "type": curve.measurement,
        "minValue": min(values),
        "maxValue": max(values),
        "meanValue": round(mean, 2),
        "sDev": round(deviation, 3),
        "uom": curve.unit_of_measure,
    }
    return [
        {
            "sensorMetadata": {"startTime": timestamp(began), "endTime": timestamp(ended), "deviceID": device},
            "sensorReport": [summary],
        },
        {
            "sensorMetadata": {"deviceID": device},
            "sensorReport": [
                {"type": curve.measurement, "time": timestamp(at), "value": value, "uom": curve.unit_of_measure} for at, value in readings
            ],
        },
    ]


def spot_elements(readings: tuple[Curve, ...], device: str, at: datetime, random: Random) -> list[dict[str, Any]]:
    """One element with one value of each curve's plateau, as a hand-held or end-of-line instrument gives it."""
    reports = [
        {
            "type": curve.measurement,
            "value": round(curve.plateau + random.gauss(0, curve.noise), 2),
            "uom": curve.unit_of_measure,
        }
        for curve in readings
    ]
    return [{"sensorMetadata": {"time": timestamp(at), "deviceID": device}, "sensorReport": reports}]


def climate_elements(level: float, device: str, at: datetime, hours: int, random: Random) -> list[dict[str, Any]]:
    """What a store's logger reports: temperature and humidity over the hours up to `at`."""
    began = at - timedelta(hours=hours)
    temperature = [round(level + random.gauss(0, 0.4), 2) for _ in range(hours)]
    humidity = round(random.uniform(38, 72), 1)
    return [
        {
            "sensorMetadata": {"startTime": timestamp(began), "endTime": timestamp(at), "deviceID": device},
            "sensorReport": [
                {
                    "type": "Temperature",
                    "minValue": min(temperature),
                    "maxValue": max(temperature),
                    "meanValue": round(sum(temperature) / len(temperature), 2),
                    "uom": "CEL",
                },
                {"type": "RelativeHumidity", "value": humidity, "uom": "P1"},
            ],
        }
    ]
