"""The words of notices in Chinese and in English, for mails and letters; those of the page are in `guest_words`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.recall_notices.kinds import NoticeKind


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """Everything that a mail or a letter says in the house's own voice."""

    kinds: Mapping[NoticeKind, str]
    withdrawal: str
    reminder: str
    openings: Mapping[NoticeKind, str]
    reminder_acknowledge: str
    reminder_report: str
    number: str
    reason: str
    hazard: str
    what_to_do: str
    usual_instructions: str
    lots: str
    product: str
    lot: str
    received: str
    unknown_quantity: str
    pieces: str
    possible: str
    delivered: str
    delivery_note: str
    more_lots: str
    answer_by: str
    call: str
    button: str
    end_button: str
    forwarded: str
    tenants: str
    footer: str
    recall_class: str
    decisions: Mapping[str, str]
    depths: Mapping[str, str]
    separator: str


WORDS: Final[Mapping[str, NoticeWords]] = {
    "zh": NoticeWords(
        kinds={NoticeKind.FIRST: "召回通知", NoticeKind.SUPPLEMENT: "召回补充通知", NoticeKind.END: "召回结束通知"},
        withdrawal="撤回通知",
        reminder="提醒",
        openings={
            NoticeKind.FIRST: "我们正在召回下列产品。根据我们的记录，其中一部分已发给贵方。请立即停止使用、销售和发运，并按下述要求处理。",
            NoticeKind.SUPPLEMENT: "召回范围已扩大。以下仅列出新增部分，此前通知的批次依然有效。请立即停止使用、销售和发运。",
            NoticeKind.END: "此次召回已经结束。感谢贵方的配合，无需再做任何事。",
        },
        reminder_acknowledge="我们尚未收到贵方对此召回的确认。请立即打开链接并确认收到。",
        reminder_report="我们尚未收到贵方全部批次的处理情况。请打开链接，填写库存、退回、销毁和转出的数量。",
        number="召回编号",
        reason="原因",
        hazard="危害",
        what_to_do="请这样处理",
        usual_instructions="立即停止使用、销售和发运这些批次，单独存放并做好标识，等待进一步通知。如已转交他人，请立即告知对方。",
        lots="发给贵方的货物",
        product="产品",
        lot="批号",
        received="数量",
        unknown_quantity="数量不详",
        pieces="件",
        possible="可能涉及",
        delivered="发货",
        delivery_note="送货单",
        more_lots="另有 {} 个批次，见页面。",
        answer_by="请在此前答复",
        call="联系方式",
        button="确认收到并填写处理情况",
        end_button="查看",
        forwarded="如果货物已转交他人，请将此情况告知对方，并在页面上填写数量。",
        tenants="贵公司也使用溯源？登录后可将此通知接收到本公司，后续通知将自动送达。",
        footer="此邮件由系统代 {sender} 发送。链接只对应贵方的这一份通知，请勿公开。",
        recall_class="{} 级",
        decisions={"RECALL": "召回", "WITHDRAWAL": "撤回"},
        depths={"TRADE": "批发环节", "RETAIL": "零售环节", "CONSUMER": "消费者环节"},
        separator="：",
    ),
    "en": NoticeWords(
        kinds={NoticeKind.FIRST: "Recall notice", NoticeKind.SUPPLEMENT: "Recall notice, supplement", NoticeKind.END: "End of recall"},
        withdrawal="Withdrawal notice",
        reminder="Reminder",
        openings={
            NoticeKind.FIRST: "We are recalling the goods below. By our records some of them were delivered to you. Please stop using, selling and "
            "shipping them at once, and do as follows.",
            NoticeKind.SUPPLEMENT: "The recall reaches further than we told you. Only what is new stands below; what we told you before still "
            "counts. Please stop using, selling and shipping these goods at once.",
            NoticeKind.END: "This recall has ended. Thank you for your help; nothing more is needed.",
        },
        reminder_acknowledge="We haven't heard yet that you have received this recall. Please open the link and confirm it now.",
        reminder_report="We don't know yet what became of all lots. Please open the link and tell us what is in stock, returned, destroyed or sold on.",
        number="Recall number",
        reason="Reason",
        hazard="Hazard",
        what_to_do="What to do",
        usual_instructions="Stop using, selling and shipping these lots at once. Set them apart, mark them, and wait for word from us. If you have "
        "passed any on, tell whoever has them now.",
        lots="Delivered to you",
        product="Product",
        lot="Lot",
        received="Quantity",
        unknown_quantity="quantity unknown",
        pieces="pcs",
        possible="possibly affected",
        delivered="delivered",
        delivery_note="delivery note",
        more_lots="And {} more lots: see the page.",
        answer_by="Answer by",
        call="Whom to call",
        button="Confirm receipt and report stock",
        end_button="Open",
        forwarded="If you have passed goods on, please tell those who have them now, and enter the quantity on the page.",
        tenants="Does your company use Suyuan too? Signed in, you can take this notice into your company; later ones then arrive by themselves.",
        footer="Sent by a machine for {sender}. The link opens this one notice to you; please don't publish it.",
        recall_class="class {}",
        decisions={"RECALL": "Recall", "WITHDRAWAL": "Withdrawal"},
        depths={"TRADE": "trade level", "RETAIL": "retail level", "CONSUMER": "consumer level"},
        separator=": ",
    ),
}


def heading_of(kind: NoticeKind, decision: str, words: NoticeWords) -> str:
    """What the notice is called."""
    return words.withdrawal if kind is NoticeKind.FIRST and decision == "WITHDRAWAL" else words.kinds[kind]
