"""Everything that consumers are told beside the product's page, in both languages; a test keeps the two complete."""

from dataclasses import dataclass
from typing import Final

from backend.history.negotiation import Language
from backend.history.words import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of pages and mails in one language."""

    heading: str
    product: str
    lot: str
    whole_product: str
    email: str
    email_hint: str
    send: str
    how: str
    not_an_address: str
    back: str
    asked: Notice
    confirm: Notice
    confirm_button: str
    confirmed: Notice
    stop: Notice
    stop_button: str
    stopped: Notice
    no_mail: Notice
    invalid: Notice
    refused: Notice
    too_many: Notice
    failed: Notice
    confirm_title: str
    confirm_text: str
    confirm_link: str
    recall_title: str
    recall_text: str
    recall_link: str
    what_to_do: str
    hazard: str
    call: str
    mail: str
    number: str
    stop_link: str


ZH: Final = Words(
    heading="召回时通知我",
    product="产品",
    lot="批号",
    whole_product="所有批次",
    email="邮箱",
    email_hint="例如 name@example.com",
    send="发送确认邮件",
    how=(
        "我们先给这个邮箱发一封确认邮件，您点击其中的链接之后才开始生效。此后只有召回时才会给您发邮件。"
        "邮箱加密保存，只用于这一件事；您随时可以取消，两年后自动删除。"
    ),
    not_an_address="这不是一个邮箱地址，请核对。",
    back="返回产品页面",
    asked=Notice("请查收邮件", "如果这个邮箱可以收信，而且还没有登记过，几分钟内会收到一封确认邮件。请在两天之内点击其中的链接。"),
    confirm=Notice("确认接收召回通知", "点击下面的按钮之后，一旦召回，生产者会给您的邮箱发邮件。"),
    confirm_button="确认",
    confirmed=Notice("已经确认", "一旦召回，生产者会给您发邮件。每封邮件里都有取消的链接。"),
    stop=Notice("不再接收召回通知", "点击下面的按钮之后，您的邮箱会被删除，不再收到邮件。"),
    stop_button="不再接收",
    stopped=Notice("已经取消", "您的邮箱已经删除，不会再收到召回通知。"),
    no_mail=Notice("暂时不能用邮件通知", "这家企业没有设置发给消费者的邮件。如有召回，产品页面会说明，请随时扫码查看。"),
    invalid=Notice("链接已经失效", "这个链接不能再用：可能已经取消，或者没有在两天之内确认。需要时请在产品页面上重新登记。"),
    refused=Notice("请重新填写", "这个表单打开太久，或者不是在这里打开的。请重新打开后再发送。"),
    too_many=Notice("请求太频繁", "请稍后再试：{seconds} 秒之后。"),
    failed=Notice("出错了", "我们这边出了问题，请过一会儿再试。"),
    confirm_title="请确认：{product} 召回时通知您",
    confirm_text=(
        "有人（但愿是您）在{company}的产品页面上登记了这个邮箱，希望在下列产品召回时收到通知：\n\n{goods}\n\n"
        "请在两天之内打开下面的链接确认。如果不是您登记的，不必做任何事，这个邮箱会被删除。"
    ),
    confirm_link="确认",
    recall_title="召回通知：{product}",
    recall_text="{company}正在召回：\n\n{goods}\n\n{headline}。",
    recall_link="产品页面",
    what_to_do="怎么办",
    hazard="原因",
    call="电话",
    mail="邮箱",
    number="召回编号",
    stop_link="不再接收召回通知",
)

EN: Final = Words(
    heading="Be told of a recall",
    product="Product",
    lot="Lot",
    whole_product="all lots",
    email="E-mail address",
    email_hint="such as name@example.com",
    send="Send me the confirmation",
    how=(
        "First a mail goes to this address, and nothing counts before you open the link in it. After that you are written to in case of a "
        "recall, and for nothing else. The address is kept sealed, for this alone; you can end it at any time, and after two years it is "
        "deleted."
    ),
    not_an_address="This is no e-mail address. Look at it again.",
    back="Back to the product",
    asked=Notice(
        "Look into your mail",
        "If the address can be reached and isn’t on the list yet, a confirmation arrives within minutes. Open the link in it within two days.",
    ),
    confirm=Notice("Confirm that you want to be told", "Once you press the button, the maker writes to you should there be a recall."),
    confirm_button="Confirm",
    confirmed=Notice("Confirmed", "The maker writes to you should there be a recall. Each mail has a link to end it."),
    stop=Notice("Be told no more", "Once you press the button, your address is deleted, and no more mail comes."),
    stop_button="Tell me no more",
    stopped=Notice("Ended", "Your address is deleted. You are told of recalls no more."),
    no_mail=Notice(
        "No notices by e-mail here", "This company sends consumers no e-mails. Should there be a recall, the product’s page says so: scan the code."
    ),
    invalid=Notice(
        "This link has ended", "It was used to end the notices, or wasn’t confirmed within two days. Ask again on the product’s page if you like."
    ),
    refused=Notice("Please fill it in again", "This form was open for too long, or wasn’t opened here. Open it again and send it."),
    too_many=Notice("Too many requests", "Try again in {seconds} seconds."),
    failed=Notice("Something went wrong", "The fault is on our side. Try again in a little while."),
    confirm_title="Please confirm: be told of a recall of {product}",
    confirm_text=(
        "Somebody, you we hope, asked on a product page of {company} that this address be told should these goods be recalled:\n\n{goods}\n\n"
        "Open the link below within two days to confirm. If it wasn’t you, do nothing, and the address is deleted."
    ),
    confirm_link="Confirm",
    recall_title="Recall: {product}",
    recall_text="{company} is recalling:\n\n{goods}\n\n{headline}.",
    recall_link="The product’s page",
    what_to_do="What to do",
    hazard="Why",
    call="Phone",
    mail="E-mail",
    number="Recall",
    stop_link="Tell me no more",
)

WORDS: Final = {Language.ZH: ZH, Language.EN: EN}
