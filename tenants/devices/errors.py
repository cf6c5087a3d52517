"""The refusals of devices: proofs of possession, enrolment, changing the user, and phones that were revoked."""

from typing import Final

from infra.errors import ConflictError, InvalidInputError, NotAuthenticatedError, NotFoundError, PermissionDeniedError, TooManyRequestsError
from tenants.principal import Principal

NONCE_HEADER: Final = "DPoP-Nonce"
CHALLENGE_HEADER: Final = "WWW-Authenticate"


class ProofInvalidError(NotAuthenticatedError):
    """The proof of possession (RFC 9449 §4.3) doesn't hold; the message names the claim. `headers` in the detail go into the answer."""

    code = "DPOP_PROOF_INVALID"

    def __init__(self, fault: str) -> None:
        challenge = {CHALLENGE_HEADER: 'DPoP error="invalid_dpop_proof", algs="ES256"'}
        super().__init__(f"The proof in the header DPoP doesn't hold: {fault}. Make a new one for this very request.", headers=challenge)


class NonceRequiredError(NotAuthenticatedError):
    """RFC 9449 §8: the proof has to carry the nonce that the answer's DPoP-Nonce gives, because its clock or its nonce is off."""

    code = "USE_DPOP_NONCE"

    def __init__(self, nonce: str) -> None:
        headers = {NONCE_HEADER: nonce, CHALLENGE_HEADER: 'DPoP error="use_dpop_nonce", algs="ES256"'}
        super().__init__(
            "Make a new proof with the claim nonce set to the value of this answer's header DPoP-Nonce, and send it again.", headers=headers
        )


class EnrolmentRefusedError(NotAuthenticatedError):
    """Unknown, used, run out or of another company: one answer for all."""

    code = "ENROLMENT_REFUSED"

    def __init__(self) -> None:
        super().__init__("This code doesn't enrol a phone: each works once, for five minutes. Have a new one made, and scan that.", field="code")


class DeviceKeyKnownError(ConflictError):
    """The key was enrolled before, be it by a phone that was revoked."""

    code = "DEVICE_KEY_KNOWN"

    def __init__(self) -> None:
        super().__init__("This key belongs to an enrolled phone. Make a new key pair and scan the code again: it is still good.", field="DPoP")


class DeviceUnknownError(NotAuthenticatedError):
    """No such phone, or not with this key: one answer."""

    code = "DEVICE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("No phone with this id and key is enrolled here. Enrol it with a new code.")


class DeviceRevokedError(NotAuthenticatedError):
    """The phone has proved its key and was revoked; what it still holds it may deliver, and nothing else.

    `device` is the phone as a principal that may do nothing, for the one route that takes such deliveries.
    """

    code = "DEVICE_REVOKED"

    def __init__(self, device: Principal) -> None:
        self.device = device
        super().__init__("This phone was revoked. It can deliver what it still holds, for a person to look at; to work with it, enrol it anew.")


class QuarantineFullError(TooManyRequestsError):
    """A revoked phone has delivered as much as is kept for one phone."""

    code = "QUARANTINE_FULL"

    def __init__(self, entries: int) -> None:
        super().__init__(
            f"{entries} entries of this phone wait for a person already, which is all that is kept for one. Keep the rest on it, and call quality.",
            retry_after=3_600,
        )


class DeviceNotFoundError(NotFoundError):
    """No such phone here, or none that the caller may see."""

    code = "DEVICE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such device. Open the list of devices and choose one from it.", field="deviceId")


class DeviceGoneError(ConflictError):
    """A revoked phone is changed no more."""

    code = "DEVICE_IS_REVOKED"

    def __init__(self) -> None:
        super().__init__("This device was revoked, and stays as it is. Enrol the phone anew to use it.", field="deviceId")


class PinRefusedError(InvalidInputError):
    """A new PIN that is too short, or among the first that are tried."""

    code = "PIN_REFUSED"

    def __init__(self, message: str, *, field: str = "pin") -> None:
        super().__init__(message, field=field)


class PinChangeRequiredError(ConflictError):
    """The PIN was right, and is a start PIN: it opens nothing before the member has chosen his own."""

    code = "PIN_CHANGE_REQUIRED"

    def __init__(self) -> None:
        super().__init__("This is a start PIN. Choose your own now: send it as newPin beside the start PIN.", field="newPin")


class SwitchRefusedError(PermissionDeniedError):
    """Wrong badge, wrong PIN, or somebody who doesn't work at this phone's site: one answer."""

    code = "SWITCH_REFUSED"

    def __init__(self) -> None:
        super().__init__("The badge or the PIN is wrong, or doesn't count at this phone's site. Try again, or ask your administrator.")


class PinLockedError(TooManyRequestsError):
    """Too many wrong tries on this phone."""

    code = "PIN_LOCKED"

    def __init__(self, retry_after: int) -> None:
        minutes = -(-retry_after // 60)
        super().__init__(f"Too many wrong tries on this phone. Wait {minutes} minutes, or use your badge.", retry_after=retry_after)


class PinBlockedError(PermissionDeniedError):
    """Ten wrong PINs in a row: it is of no use until it is set anew."""

    code = "PIN_BLOCKED"

    def __init__(self) -> None:
        super().__init__("This PIN was wrong ten times and is blocked. Set a new one in the portal, or have an administrator give you a start PIN.")


class OnlyInThePortalError(PermissionDeniedError):
    """What is kept from whoever merely has a phone and a badge."""

    code = "NOT_ON_A_DEVICE"

    def __init__(self) -> None:
        super().__init__("This can't be done on a shared phone. Sign in to the portal with your password.")


class DeviceRequiredError(PermissionDeniedError):
    """What only an enrolled phone is told, asked without the proof of one."""

    code = "DEVICE_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Only an enrolled phone may ask this, with the token that it was given for its key.")
