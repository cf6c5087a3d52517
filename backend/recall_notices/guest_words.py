"""The words of the page on which a customer answers a recall notice, in Chinese and in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.history.negotiation import Language
from backend.history.words import Notice


@dataclass(frozen=True, slots=True)
class GuestWords:
    """Everything that the page says besides what `words` says of notices."""

    languages: str
    in_other_language: str
    stop: str
    for_whom: str
    facts: str
    late: str
    states: Mapping[str, Notice]
    confirm: str
    confirm_hint: str
    your_name: str
    lots: str
    lots_hint: str
    progress: str
    report: str
    correct: str
    waiting: str
    quantities: Mapping[str, tuple[str, str]]
    forwarded_to: tuple[str, str]
    note: tuple[str, str]
    nothing: str
    nothing_said: str
    send: str
    all_nothing: str
    all_nothing_hint: str
    rest: str
    over_said: str
    over_confirm: str
    pages: str
    earlier: str
    later: str
    deliveries_more: str
    left_out: str
    call: str
    write: str
    said: str
    problems: Mapping[str, str]
    company: Notice
    privacy: str
    invalid: Notice
    closed: Notice
    too_many: Notice
    failed: Notice
    too_large: Notice


_ZH: Final = GuestWords(
    languages="语言",
    in_other_language="English",
    stop="请立即停止使用、销售和发运下列货物",
    for_whom="致",
    facts="召回信息",
    late="已逾期",
    states={
        "waiting": Notice("请确认收到此通知", "先确认收到，再逐批填写处理情况。"),
        "acknowledged": Notice("已确认收到", "请在期限前填写每个批次的处理情况。"),
        "reported": Notice("全部批次已填写", "感谢配合。情况有变化时，可以随时更正。"),
        "closed": Notice("此次召回已结束", "无需再做任何事。以下是贵方填写的内容。"),
        "end": Notice("此次召回已结束", "感谢贵方的配合，无需再做任何事。"),
    },
    confirm="确认收到",
    confirm_hint="告知对方您已收到此通知；数量可以稍后填写。",
    your_name="您的姓名",
    lots="发给贵方的货物",
    lots_hint="可以分次填写；每批以最后一次填写为准。",
    progress="已填写 {done} / {total}",
    report="填写处理情况",
    correct="更正",
    waiting="待填写",
    quantities={
        "found": ("库存", "现有并已隔离"),
        "returned": ("已退回", "已退给发出方"),
        "destroyed": ("已销毁", "在贵方处销毁"),
        "forwarded": ("已转出", "已销售或转交他人"),
    },
    forwarded_to=("转给谁", "选填"),
    note=("说明或凭证", "选填，例如销毁记录编号"),
    nothing="没有找到这批货物，也没有转出",
    nothing_said="未找到",
    send="提交",
    all_nothing="其余批次均未找到",
    all_nothing_hint="如果其余未填写的批次在贵方处都没有，也没有转出，可以一次提交。",
    rest="未说明",
    over_said="合计 {said}，多于收到的 {received}。请更正；如果属实，请勾选确认。",
    over_confirm="数量属实",
    pages="批次分页",
    earlier="上一页",
    later="下一页",
    deliveries_more="另有 {} 次发货",
    left_out="另有 {} 个批次未列出，请致电发出方。",
    call="拨打电话",
    write="发送邮件",
    said="{name}，{time}",
    problems={
        "number": "请填写数字，小数点用“.”，例如 12.5。",
        "empty": "请填写数量，或勾选“没有找到”。",
        "both": "已勾选“没有找到”，又填写了数量：请只保留一项。",
        "long": "内容过长，请精简。",
        "line": "此通知没有这个批次。",
    },
    company=Notice("贵公司也使用溯源？", "登录后，可凭此页面的链接将通知接收到本公司，之后的通知会自动送达。"),
    privacy="此链接只对应贵方的这一份通知，请勿公开。填写的内容只有发出方可以看到。",
    invalid=Notice("链接无效", "链接有误、已过期或已撤销。请向发出方索取新的链接。"),
    closed=Notice("此次召回已结束", "不再接收填写。如有疑问，请联系发出方。"),
    too_many=Notice("请求过于频繁", "请等待 {seconds} 秒后再试。"),
    failed=Notice("出现故障", "这是我们这边的问题，请稍后再试。您填写的内容尚未提交。"),
    too_large=Notice("内容过长", "请精简后重新提交。"),
)
_EN: Final = GuestWords(
    languages="Languages",
    in_other_language="中文",
    stop="Stop using, selling and shipping these goods at once",
    for_whom="To",
    facts="The recall",
    late="overdue",
    states={
        "waiting": Notice("Please confirm that you have this notice", "Confirm first; then tell us about each lot."),
        "acknowledged": Notice("Receipt is confirmed", "Please tell us in time what became of each lot."),
        "reported": Notice("Every lot is answered for", "Thank you. Should anything change, you can correct it."),
        "closed": Notice("This recall has ended", "Nothing more is needed. Below is what you told us."),
        "end": Notice("This recall has ended", "Thank you for your help; nothing more is needed."),
    },
    confirm="Confirm receipt",
    confirm_hint="Tell the sender that you have this notice; quantities can follow later.",
    your_name="Your name",
    lots="Delivered to you",
    lots_hint="You can answer in parts. For each lot the last answer counts.",
    progress="{done} of {total} answered",
    report="Report",
    correct="Correct",
    waiting="to be answered",
    quantities={
        "found": ("In stock", "here, and set apart"),
        "returned": ("Returned", "sent back to the sender"),
        "destroyed": ("Destroyed", "at your place"),
        "forwarded": ("Sold on", "sold, or passed on to others"),
    },
    forwarded_to=("Passed on to whom", "optional"),
    note=("Remark or evidence", "optional, e.g. number of the destruction record"),
    nothing="Nothing of this lot was found, and none was passed on",
    nothing_said="nothing found",
    send="Send",
    all_nothing="Nothing found of the other lots",
    all_nothing_hint="If you have none of the lots that are still open, and passed none on, you can say so at once.",
    rest="unaccounted for",
    over_said="That makes {said}, and you received {received}. Please correct it; or tick below if it is right.",
    over_confirm="The quantities are right",
    pages="Pages of lots",
    earlier="Previous",
    later="Next",
    deliveries_more="and {} more deliveries",
    left_out="{} more lots aren't listed here; please call the sender.",
    call="Call",
    write="E-mail",
    said="{name}, {time}",
    problems={
        "number": "Write digits, with a point before decimals, such as 12.5.",
        "empty": "Enter a quantity, or tick that nothing was found.",
        "both": "You ticked that nothing was found, and entered quantities: leave one of the two.",
        "long": "This is too long; please shorten it.",
        "line": "The notice has no such lot.",
    },
    company=Notice(
        "Does your company use Suyuan too?",
        "Signed in, take this notice into your company by the link of this page; later ones arrive by themselves.",
    ),
    privacy="This link belongs to this one notice; please don't publish it. Only the sender sees what you enter.",
    invalid=Notice("This link opens nothing", "It is wrong, has expired, or was revoked. Please ask the sender for a new link."),
    closed=Notice("This recall has ended", "Answers are taken no more. If there is a question, please call the sender."),
    too_many=Notice("Too many requests", "Please wait {seconds} seconds and try again."),
    failed=Notice("Something went wrong", "It is on our side; please try again later. What you entered was not sent."),
    too_large=Notice("Too long", "Please shorten your answer and send it again."),
)
WORDS: Final[Mapping[Language, GuestWords]] = {Language.ZH: _ZH, Language.EN: _EN}
