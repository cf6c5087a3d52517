"""The numbers that are stored: kinds of channels, urgencies, and what becomes of a delivery."""

from enum import IntEnum
from typing import Final


class ChannelKind(IntEnum):
    """By what people are told; the numbers are stored and never change."""

    IN_APP = 1
    WEB_PUSH = 2
    APP_PUSH = 3
    WECOM_ROBOT = 4
    WECOM_APPLICATION = 5
    DINGTALK_ROBOT = 6
    EMAIL = 7
    SMS_GATEWAY = 8
    ALIYUN_SMS = 9
    WEBHOOK = 10


class Urgency(IntEnum):
    """How soon somebody has to know; the numbers are stored and are those of an alert's severity."""

    CRITICAL = 1
    NORMAL = 2
    LOW = 3


class DeliveryState(IntEnum):
    """What became of one message to one receiver; the numbers are stored and never change."""

    QUEUED = 1
    SENDING = 2
    SENT = 3
    DELIVERED = 4
    FAILED = 5
    DEAD = 6
    SUPPRESSED = 7
    HELD = 8


# Of these nothing more becomes by itself.
FINAL: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.SUPPRESSED})
# They write to whoever is in a chat or behind an address; the others to one person.
GROUPS: Final = frozenset({ChannelKind.WECOM_ROBOT, ChannelKind.DINGTALK_ROBOT, ChannelKind.WEBHOOK})
# The order for a person who has not chosen: what costs nothing and is seen at once comes first.
USUAL_ORDER: Final = (
    ChannelKind.WECOM_APPLICATION, ChannelKind.APP_PUSH, ChannelKind.WEB_PUSH, ChannelKind.EMAIL, ChannelKind.ALIYUN_SMS, ChannelKind.SMS_GATEWAY,
)  # fmt: skip
# A text message costs money and wakes people: without being chosen it is used for what is critical only.
COSTLY: Final = frozenset({ChannelKind.ALIYUN_SMS, ChannelKind.SMS_GATEWAY})
# What a robot takes in a minute, by its provider's rules.
ROBOT_A_MINUTE: Final = {ChannelKind.WECOM_ROBOT: 20, ChannelKind.DINGTALK_ROBOT: 20}
