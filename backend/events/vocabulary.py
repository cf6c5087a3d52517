"""The standard words of CBV 2.0 and of the GS1 Web Vocabulary, and the one form in which each of them is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.identifiers import is_uri

# No context may declare these as prefixes, so that most texts are seen through at once.
_NEVER_COMPACT: Final = ("urn:", "https:", "http:")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A closed list of bare words, beside which other URIs are allowed. `stems` stand before the words written in full.

    `guarded` are namespaces in which nobody else may have terms; the GS1 Web Vocabulary grows by itself and has none.
    """

    name: str
    rule: str
    words: frozenset[str]
    stems: tuple[str, ...]
    guarded: tuple[str, ...]

    def canonical(self, text: str, prefixes: Mapping[str, str]) -> str | None:
        """The bare word, or the full URI of a term of somebody else's; None for what is neither.

        `prefixes` expand compact URIs. A word that CBV doesn't have is refused in its namespaces too.
        """
        if text in self.words:
            return text
        full = expanded(text, prefixes)
        for stem in self.stems:
            if full.startswith(stem):
                word = full[len(stem) :]
                if word in self.words:
                    return word
        if full.startswith(self.guarded) or not is_uri(full):
            return None
        return full


def expanded(text: str, prefixes: Mapping[str, str]) -> str:
    """A compact URI with a known prefix written out; any other text as it is (JSON-LD 1.1 §4.1.5)."""
    if text.startswith(_NEVER_COMPACT):
        return text
    prefix, colon, rest = text.partition(":")
    if colon and prefix in prefixes and not rest.startswith("//"):
        return prefixes[prefix] + rest
    return text


def _cbv(name: str, clause: str, web: str, urn: str, words: str) -> Vocabulary:
    stems = (*(f"{base}{web}-" for base in _CBV_WEB), f"urn:epcglobal:cbv:{urn}:")
    return Vocabulary(name, f"CBV 2.0 §{clause}", frozenset(words.split()), stems, (*_CBV_WEB, "urn:epcglobal:cbv:"))


def _web_vocabulary(name: str, rule: str, words: str) -> Vocabulary:
    return Vocabulary(name, rule, frozenset(words.split()), _GS1_WEB, ())


_CBV_WEB: Final = ("https://ref.gs1.org/cbv/", "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")
_GS1_WEB: Final = ("https://gs1.org/voc/", "https://www.gs1.org/voc/", "https://ref.gs1.org/voc/", "http://gs1.org/voc/")

BUSINESS_STEP: Final = _cbv(
    "business step",
    "7.1",
    "BizStep",
    "bizstep",
    """
accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting installing
killing loading other packing picking receiving removing repackaging repairing replacing reserving retail_selling
sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting unloading unpacking
void_shipping
    """,
)
# With these steps goods leave.
SHIPPING_STEPS: Final = frozenset({"shipping", "departing"})
DISPOSITION: Final = _cbv(
    "disposition",
    "7.2",
    "Disp",
    "disp",
    """
active available completeness_inferred completeness_verified conformant container_closed container_open damaged
destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled
reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown
    """,
)
BUSINESS_TRANSACTION_TYPE: Final = _cbv(
    "business transaction type",
    "7.3",
    "BTT",
    "btt",
    """
bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
    """,
)
SOURCE_DESTINATION_TYPE: Final = _cbv(
    "source or destination type",
    "7.4",
    "SDT",
    "sdt",
    """
location owning_party possessing_party
    """,
)
ERROR_REASON: Final = _cbv(
    "error reason",
    "7.5",
    "ER",
    "er",
    """
did_not_occur incorrect_data
    """,
)
COMPONENT: Final = _cbv(
    "sensor component",
    "7.6",
    "Comp",
    "comp",
    """
altitude axial_distance azimuth easting elevation_angle height latitude longitude northing polar_angle
spherical_radius x y z
    """,
)
MEASUREMENT_TYPE: Final = _web_vocabulary(
    "measurement type",
    "GS1 Web Vocabulary MeasurementType",
    """
AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance AmountOfSubstancePerUnitVolume
Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance Conductance Conductivity Count Density
Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance KinematicViscosity Length
LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass
MassConcentration MassFlowRate MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power
Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction
VolumetricFlux Wavenumber
    """,
)
SENSOR_ALERT_TYPE: Final = _web_vocabulary(
    "sensor alert type",
    "GS1 Web Vocabulary SensorAlertType",
    """
ALARM_CONDITION ERROR_CONDITION
    """,
)
