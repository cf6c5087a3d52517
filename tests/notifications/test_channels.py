"""Each channel against a local server that speaks as its provider does, and holds what comes against the provider's rules."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from standardwebhooks.webhooks import Webhook

from backend.graphql.ids import global_id
from backend.notifications.senders.sms import aliyun_signature
from tests.notifications.conftest import TEST, Desk, Person, answer
from tests.subscriptions.receiver import Received, Receiver

BROWSER = "mutation($i: RegisterBrowserInput!) { registerBrowserForPush(input: $i) { id userErrors { field code message } } }"
APP = "mutation($i: RegisterAppInput!) { registerAppForPush(input: $i) { id userErrors { field code message } } }"
PUSHES = "{ myPushRegistrations { id kind label } webPushKey }"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def base(receiver: Receiver) -> str:
    return receiver.url("").rstrip("/")


def query_of(request: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.path).query, keep_blank_values=True).items()}


def form_of(request: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True, strict_parsing=True).items()}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Browser:
    """Has the keys that belong to its registration."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"

    @property
    def given(self) -> dict[str, str]:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": b64(point), "auth": b64(self.auth), "label": "Firefox"}

    def read(self, body: bytes) -> dict[str, Any]:
        return dict(json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")))


async def only(desk: Desk) -> dict[str, Any]:
    [found] = await desk.deliveries()
    return found


async def test_web_push_is_encrypted_for_the_browser_and_signed_by_the_company(desk: Desk, receiver: Receiver) -> None:
    await desk.channel("WEB_PUSH", {"contact": "mailto:it@example.com"})
    person = await desk.person()
    browser = Browser(receiver.url("/push/abc"))
    await person.put(BROWSER, browser.given)
    shown = await person.ask(PUSHES)
    assert [each["label"] for each in shown["myPushRegistrations"]] == ["Firefox"]
    receiver.answer = lambda _: 201
    await desk.alert()
    await desk.work()
    [request] = receiver.received
    told = browser.read(request.body)
    assert (told["title"], told["urgency"]) == ("【严重】超出限值：urn:x:thing", "critical")
    assert (request.headers["ttl"], request.headers["urgency"], request.headers["content-encoding"]) == ("86400", "high", "aes128gcm")
    token, _, key = request.headers["authorization"].removeprefix("vapid t=").partition(", k=")
    assert key == shown["webPushKey"]
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.urlsafe_b64decode(key + "=="))
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=base(receiver))
    assert claims["sub"] == "mailto:it@example.com"
    assert time.time() < claims["exp"] <= time.time() + 86_400
    assert ((await only(desk))["state"], request.headers["topic"]) == ("SENT", told["id"].replace("-", ""))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten_and_the_next_channel_takes_over(desk: Desk, receiver: Receiver, status: int) -> None:
    await desk.channel("WEB_PUSH", {"contact": "mailto:it@example.com"})
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"to": "{{phone}}", "text": "{{title}}"}})
    person = await desk.person(phone="+8613800000000")
    await person.put(BROWSER, Browser(receiver.url("/gone")).given)
    await person.put(BROWSER, Browser(receiver.url("/there")).given)
    receiver.answer = lambda request: status if request.path == "/gone" else 201
    await desk.alert()
    await desk.work()
    assert [(each["kind"], each["state"]) for each in await desk.deliveries()] == [("WEB_PUSH", "SENT")]
    assert len((await person.ask(PUSHES))["myPushRegistrations"]) == 1
    receiver.answer = lambda request: status if request.path == "/there" else 200
    await desk.alert()
    await desk.work()
    states = [(each["kind"], each["state"]) for each in await desk.deliveries()]
    assert states == [("WEB_PUSH", "SENT"), ("WEB_PUSH", "DEAD"), ("SMS_GATEWAY", "SENT")]
    assert (await person.ask(PUSHES))["myPushRegistrations"] == []
    assert form_of(receiver.received[-1])["to"] == "+8613800000000"


def service_account(receiver: Receiver) -> str:
    pem = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"type": "service_account", "project_id": "plant-1", "client_email": "s@plant-1.iam.gserviceaccount.com", "private_key": pem}
    return json.dumps({**account, "token_uri": receiver.url("/token")})


class Firebase:
    """Gives tokens for assertions that are right, and takes messages with the last token it gave."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver, self.given, self.unregistered = receiver, 0, set[str]()

    def __call__(self, request: Received) -> bytes:
        if request.path == "/token":
            form = form_of(request)
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            claims = jwt.decode(form["assertion"], RSA.public_key(), algorithms=["RS256"], audience=self.receiver.url("/token"))
            assert claims["iss"] == "s@plant-1.iam.gserviceaccount.com"
            assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
            assert claims["exp"] - claims["iat"] <= 3_600
            self.given += 1
            return answer(200, {"access_token": f"t{self.given}", "expires_in": 3_599, "token_type": "Bearer"})
        assert request.path == "/v1/projects/plant-1/messages:send"
        if request.headers["authorization"] != f"Bearer t{self.given}":
            return answer(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
        message = json.loads(request.body)["message"]
        if message["token"] in self.unregistered:
            details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}]
            return answer(404, {"error": {"code": 404, "status": "NOT_FOUND", "details": details}})
        return answer(200, {"name": "projects/plant-1/messages/17"})


async def test_app_push_signs_in_with_its_service_account_and_renews_what_is_refused(desk: Desk, receiver: Receiver) -> None:
    firebase = receiver.answer = Firebase(receiver)
    await desk.channel("APP_PUSH", {"endpoint": base(receiver)}, {"service_account": service_account(receiver)})
    person = await desk.person()
    await person.put(APP, {"token": "a" * 40, "label": "Phone"})
    for _ in range(2):
        await desk.alert()
        await desk.work()
    assert firebase.given == 1
    sent = json.loads(receiver.received[-1].body)["message"]
    assert sent["android"]["priority"] == "HIGH"
    assert sent["notification"]["title"] == "【严重】超出限值：urn:x:thing"
    firebase.given = 5
    await desk.alert()
    await desk.work()
    assert firebase.given == 6
    assert [(each["state"], each["providerId"]) for each in await desk.deliveries()] == [("SENT", "projects/plant-1/messages/17")] * 3
    firebase.unregistered.add("a" * 40)
    await desk.alert()
    await desk.work()
    last = (await desk.deliveries())[-1]
    assert (last["state"], last["reason"]) == ("DEAD", "The app was removed from the phone.")
    assert (await person.ask(PUSHES))["myPushRegistrations"] == []


async def test_wecoms_robot_is_left_alone_when_it_says_so_and_after_twenty_in_a_minute(desk: Desk, receiver: Receiver) -> None:
    from datetime import timedelta

    codes = [45_009]
    receiver.answer = lambda request: answer(200, {"errcode": codes.pop() if codes else 0, "errmsg": "x"})
    robot = await desk.channel("WECOM_ROBOT", {"endpoint": base(receiver)}, {"key": "693a-91/+"})
    await desk.route(channels=[robot])
    await desk.alert()
    await desk.work()
    assert (urlsplit(receiver.received[0].path).path, query_of(receiver.received[0])) == ("/cgi-bin/webhook/send", {"key": "693a-91/+"})
    first = await only(desk)
    assert (first["state"], first["reason"]) == ("FAILED", "WeCom asks to send less: errcode 45009.")
    await desk.alert()
    await desk.work()
    assert len(receiver.received) == 1
    await desk.later(timedelta(minutes=3))
    assert [each["state"] for each in await desk.deliveries()] == ["SENT", "SENT"]
    for _ in range(20):
        await desk.alert()
    await desk.work()
    assert 18 <= sum(each["state"] == "SENT" for each in await desk.deliveries()) <= 24
    await desk.later(timedelta(minutes=3))
    await desk.later(timedelta(minutes=3))
    assert {each["state"] for each in await desk.deliveries()} == {"SENT"}


async def test_a_robot_that_is_no_more_is_a_dead_letter_that_can_be_tried_again(desk: Desk, receiver: Receiver) -> None:
    retry = "mutation($i: NotificationDeliveryInput!) { retryNotificationDelivery(input: $i) { id userErrors { code } } }"
    receiver.answer = lambda _: answer(200, {"errcode": 93_000, "errmsg": "invalid webhook url, hint: [secret]"})
    robot = await desk.channel("WECOM_ROBOT", {"endpoint": base(receiver)}, {"key": "k"})
    await desk.route(channels=[robot])
    await desk.alert()
    await desk.work()
    [dead] = await desk.deliveries("DEAD")
    assert dead["reason"] == "WeCom refused the message: errcode 93000."
    receiver.answer = lambda _: answer(200, {"errcode": 0})
    await desk.keeper.put(retry, {"id": dead["id"]})
    await desk.work()
    again = await only(desk)
    assert (again["state"], [each["taken"] for each in again["attemptLog"]]) == ("SENT", [False, True])
    assert (await desk.keeper.refused(retry, {"id": dead["id"]}))["code"] == "DELIVERY_NOT_DEAD"
    assert (await desk.keeper.refused(retry, {"id": global_id("NotificationDelivery", "x")}))["code"] == "DELIVERY_NOT_FOUND"


class WeCom:
    """Knows one corporation, gives tokens and takes messages with a token that is good."""

    def __init__(self) -> None:
        self.tokens, self.refuse, self.sent = 0, list[int](), list[dict[str, Any]]()

    def __call__(self, request: Received) -> bytes:
        query, path = query_of(request), urlsplit(request.path).path
        if path == "/cgi-bin/gettoken":
            assert query == {"corpid": "ww1", "corpsecret": "s3cret"}
            self.tokens += 1
            return answer(200, {"errcode": 0, "errmsg": "ok", "access_token": f"tok{self.tokens}", "expires_in": 7_200})
        assert path == "/cgi-bin/message/send"
        if self.refuse:
            return answer(200, {"errcode": self.refuse.pop(), "errmsg": "no"})
        if query["access_token"] != f"tok{self.tokens}":
            return answer(200, {"errcode": 40_014, "errmsg": "invalid access_token"})
        self.sent.append(json.loads(request.body))
        unknown = [user for user in self.sent[-1]["touser"].split("|") if user != "zhang.san"]
        return answer(200, {"errcode": 0, "errmsg": "ok", "invaliduser": "|".join(unknown), "msgid": "m1"})


async def wecom(desk: Desk, receiver: Receiver, user: str = "zhang.san") -> tuple[WeCom, Person]:
    provider = receiver.answer = WeCom()
    settings = {"corp_id": "ww1", "agent_id": 1_000_002, "endpoint": base(receiver)}
    await desk.channel("WECOM_APPLICATION", settings, {"secret": "s3cret"})
    return provider, await desk.person(wecomUser=user)


@pytest.mark.parametrize("code", [42_001, 40_014])
async def test_wecoms_token_is_kept_and_renewed_when_it_has_expired(desk: Desk, receiver: Receiver, code: int) -> None:
    provider, _ = await wecom(desk, receiver)
    for _ in range(2):
        await desk.alert()
        await desk.work()
    assert provider.tokens == 1
    provider.refuse = [code]
    await desk.alert()
    await desk.work()
    assert (provider.tokens, len(provider.sent)) == (2, 3)
    assert provider.sent[0]["touser"] == "zhang.san"
    assert (provider.sent[0]["agentid"], provider.sent[0]["msgtype"]) == (1_000_002, "markdown")
    assert [(each["state"], each["providerId"]) for each in await desk.deliveries()] == [("SENT", "m1")] * 3


async def test_wecom_knows_no_such_member(desk: Desk, receiver: Receiver) -> None:
    await wecom(desk, receiver, user="nobody")
    await desk.alert()
    await desk.work()
    assert ((await only(desk))["state"], (await only(desk))["reason"]) == (
        "DEAD", "WeCom knows no such member, or he may not see the application.",
    )  # fmt: skip


async def test_dingtalks_robot_is_signed_by_the_moment(desk: Desk, receiver: Receiver) -> None:
    secret = "SEC0123456789"

    def check(request: Received) -> bytes:
        query = query_of(request)
        signed = f"{query['timestamp']}\n{secret}".encode()
        right = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
        fits = query["sign"] == right and abs(int(query["timestamp"]) / 1_000 - time.time()) < 3_600 and query["access_token"] == "tok"
        return answer(200, {"errcode": 0 if fits else 310_000, "errmsg": "sign not match"})

    receiver.answer = check
    settings = {"endpoint": base(receiver), "call_everybody": True}
    robot = await desk.channel("DINGTALK_ROBOT", settings, {"access_token": "tok", "secret": secret})
    await desk.route(channels=[robot])
    await desk.alert()
    await desk.work()
    told = json.loads(receiver.received[0].body)
    assert (told["msgtype"], told["at"], told["markdown"]["title"]) == ("markdown", {"isAtAll": True}, "【严重】超出限值：urn:x:thing")
    assert (await only(desk))["state"] == "SENT"
    await desk.keeper.put(
        "mutation($i: PutNotificationChannelInput!) { putNotificationChannel(input: $i) { id userErrors { message } } }",
        {"id": robot, "kind": "DINGTALK_ROBOT", "name": "x", "settings": settings, "secrets": {"secret": "SECwrong"}},
    )
    await desk.alert()
    await desk.work()
    assert (await desk.deliveries())[-1]["reason"] == "DingTalk refused the message: errcode 310000."


def test_aliyuns_signature_is_the_published_one() -> None:
    # The worked example of Alibaba Cloud's documentation of RPC signatures.
    query = {
        "Timestamp": "2016-02-23T12:46:24Z", "Format": "XML", "AccessKeyId": "testid", "Action": "DescribeRegions", "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf", "Version": "2014-05-26", "SignatureVersion": "1.0",
    }  # fmt: skip
    assert aliyun_signature("GET", query, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


async def test_aliyun_sms_is_signed_and_its_codes_are_heeded(desk: Desk, receiver: Receiver) -> None:
    codes = ["OK"]

    def check(request: Received) -> bytes:
        form = form_of(request)
        given = form.pop("Signature")
        # Taken apart as the provider does: from the raw body, encoded anew.
        pairs = sorted(part.split("=", 1) for part in request.body.decode().replace("+", "%20").split("&") if not part.startswith("Signature="))
        encoded = "&".join(f"{name}={value.replace('%7E', '~').replace('*', '%2A')}" for name, value in pairs)
        from urllib.parse import quote

        signed = f"POST&%2F&{quote(encoded, safe='-_.~')}"
        right = base64.b64encode(hmac.new(b"aksecret&", signed.encode(), hashlib.sha1).digest()).decode()
        assert given == right
        return answer(200, {"Code": codes[0], "Message": "x", "BizId": "9006"})

    receiver.answer = check
    settings = {
        "endpoint": base(receiver), "access_key_id": "LTAI", "sign_name": "溯源", "template_code": "SMS_1", "parameters": {"what": "{{title}}"},
    }  # fmt: skip
    await desk.channel("ALIYUN_SMS", settings, {"access_key_secret": "aksecret"})
    await desk.person(phone="13800000000")
    await desk.alert(kind="~*+ %")
    await desk.work()
    form = form_of(receiver.received[0])
    assert (form["PhoneNumbers"], form["SignName"], json.loads(form["TemplateParam"])) == (
        "13800000000", "溯源", {"what": "【严重】~*+ %：urn:x:thing"},
    )  # fmt: skip
    assert ((await only(desk))["state"], (await only(desk))["providerId"]) == ("SENT", "9006")
    for code, state in (("isv.BUSINESS_LIMIT_CONTROL", "FAILED"), ("isv.MOBILE_NUMBER_ILLEGAL", "DEAD")):
        codes[0] = code
        await desk.alert()
        await desk.work()
        assert (await desk.deliveries())[-1]["state"] == state
        from datetime import timedelta

        await desk.later(timedelta(hours=2), work=False)


async def test_a_text_message_is_for_what_is_critical_unless_it_was_chosen(desk: Desk, receiver: Receiver) -> None:
    from backend.alerts.service import Severity

    fields = {"to": "{{phone}}", "text": "{{title}} {{link}}", "key": "{{secret}}", "id": "{{id}}"}
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": fields, "accepted": '"ok"'}, {"secret": "a&b=c"})
    await desk.person(phone="+4915100000000")
    chosen = await desk.person(phone="+4915100000001", channels=["SMS_GATEWAY"], language="en")
    receiver.answer = lambda _: answer(200, b'{"status":"ok"}')
    await desk.alert(severity=Severity.WARNING)
    await desk.work()
    [request] = receiver.received
    told = form_of(request)
    assert (told["to"], told["key"], request.headers["idempotency-key"]) == ("+4915100000001", "a&b=c", told["id"])
    assert told["text"].startswith("Warning: a limit was exceeded" if "limit was" in told["text"] else "Warning: ")
    assert chosen.membership_id is not None
    receiver.answer = lambda _: answer(200, b'{"status":"no credit"}')
    await desk.alert()
    await desk.work()
    reasons = [each["reason"] for each in await desk.deliveries("FAILED")]
    assert reasons == ["The gateway's answer doesn't say that it took the message."] * 2


async def test_a_web_hook_is_signed_as_the_standard_has_it(desk: Desk, receiver: Receiver) -> None:
    secret = "whsec_" + base64.b64encode(b"0" * 32).decode()
    hook = await desk.channel("WEBHOOK", {"url": receiver.url("/hook")}, {"secret": secret})
    await desk.keeper.put(TEST, {"id": hook})
    await desk.work()
    [request] = receiver.received
    told = Webhook(secret).verify(request.body, request.headers)
    assert (told["type"], told["data"]["title"]) == ("test", "测试消息")
    assert (await only(desk))["topic"] == "test"
    assert unquote(request.path) == "/hook"
    assert RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
