"""The words of the page on which a supplier answers, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.history.negotiation import Language
from backend.history.words import Notice


@dataclass(frozen=True, slots=True)
class GuestWords:
    """Everything that the page says."""

    kind: str
    languages: str
    in_other_language: str
    from_whom: str
    number: str
    due: str
    late: str
    lots: str
    request: str
    received: str
    receive: str
    receive_text: str
    status: Mapping[int, Notice]
    answer: str
    answer_text: str
    fields: Mapping[str, tuple[str, str]]
    send: str
    missing: str
    too_long: str
    your_answers: str
    comment: str
    accepted: str
    sent_back: str
    waiting: str
    privacy: str
    invalid: Notice
    too_many: Notice
    failed: Notice
    too_large: Notice


_ZH: Final = GuestWords(
    kind="供应商纠正措施要求",
    languages="语言",
    in_other_language="English",
    from_whom="发出方",
    number="编号",
    due="请于此前答复",
    late="已逾期",
    lots="涉及批次",
    request="问题说明",
    received="收到时间",
    receive="确认已收到",
    receive_text="先告知对方您已收到此要求；答复可以稍后填写。",
    status={
        1: Notice("等待您的答复", "请先确认收到，再填写临时措施、根本原因和纠正措施。"),
        2: Notice("等待您的答复", "已确认收到。请在期限前填写答复。"),
        3: Notice("答复已送达", "对方正在评审。在评审之前，您仍可重新提交更完整的答复。"),
        4: Notice("答复被退回", "请按对方的意见补充后重新提交。"),
        5: Notice("答复已被接受", "此要求已结束，无需再做任何事。"),
    },
    answer="您的答复",
    answer_text="每次提交都是一份完整的答复，以最后一份为准。",
    fields={
        "written_by": ("填写人", "姓名和职务"),
        "containment": ("临时措施", "已采取哪些措施，使不良品不再流出？库存、在途和已交付的货物如何处理？"),
        "root_cause": ("根本原因", "问题为什么会发生？为什么没有被发现？"),
        "corrective_action": ("纠正措施", "采取什么措施防止再次发生？如何验证有效？"),
        "done_by": ("完成日期", "纠正措施何时完成，例如 2026-03-31"),
    },
    send="提交答复",
    missing="请填写此项。",
    too_long="内容过长，请精简。",
    your_answers="已提交的答复",
    comment="对方意见",
    accepted="已接受",
    sent_back="已退回",
    waiting="评审中",
    privacy="此链接只对应这一份要求，请勿转发给无关人员。提交的内容只有发出方可以看到。",
    invalid=Notice("链接无效", "链接有误、已过期或已被新的链接取代。请向发出方索取新的链接。"),
    too_many=Notice("请求过于频繁", "请等待 {seconds} 秒后再试。"),
    failed=Notice("出现故障", "这是我们这边的问题，请稍后再试。您填写的内容尚未提交。"),
    too_large=Notice("内容过长", "请精简后重新提交。"),
)
_EN: Final = GuestWords(
    kind="Supplier corrective-action request",
    languages="Languages",
    in_other_language="中文",
    from_whom="From",
    number="Number",
    due="Answer by",
    late="overdue",
    lots="Lots concerned",
    request="What was found",
    received="Received",
    receive="Confirm receipt",
    receive_text="Tell the sender first that you have received this; you can answer later.",
    status={
        1: Notice("Your answer is awaited", "Please confirm receipt first, then tell the containment, the root cause and the corrective action."),
        2: Notice("Your answer is awaited", "Receipt is confirmed. Please answer in time."),
        3: Notice("Your answer has arrived", "It is being reviewed. Until then you may still send a more complete one."),
        4: Notice("Your answer was sent back", "Please complete it as the comment says, and send it again."),
        5: Notice("Your answer was accepted", "This request is closed; nothing more is needed."),
    },
    answer="Your answer",
    answer_text="Each answer is sent as a whole; the last one counts.",
    fields={
        "written_by": ("Written by", "Name and position"),
        "containment": (
            "Containment",
            "What keeps defective goods from going out? What happens to stock, to goods on the way and to those delivered?",
        ),
        "root_cause": ("Root cause", "Why did it happen? Why was it not found?"),
        "corrective_action": ("Corrective action", "What keeps it from happening again? How is that verified?"),
        "done_by": ("Done by", "When the corrective action is completed, e.g. 2026-03-31"),
    },
    send="Send answer",
    missing="Please fill this in.",
    too_long="This is too long; please shorten it.",
    your_answers="Answers sent",
    comment="Comment",
    accepted="accepted",
    sent_back="sent back",
    waiting="in review",
    privacy="This link belongs to this one request; please don't pass it on. Only the sender sees what you write.",
    invalid=Notice("This link opens nothing", "It is wrong, has expired, or was replaced by another one. Please ask the sender for a new link."),
    too_many=Notice("Too many requests", "Please wait {seconds} seconds and try again."),
    failed=Notice("Something went wrong", "It is on our side; please try again later. What you wrote was not sent."),
    too_large=Notice("Too long", "Please shorten your answer and send it again."),
)
WORDS: Final[Mapping[Language, GuestWords]] = {Language.ZH: _ZH, Language.EN: _EN}
