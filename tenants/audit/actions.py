"""What stands on the trail in words, Chinese and English: every action that anything records, described once."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Nothing is taken out of here: the trail of years ago is read with it too.
ACTIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "alias.asserted": ("声明两个对象为同一物", "Declared two objects to be the same"),
        "alias.revoked": ("撤销同一物声明", "Took back that two objects are the same"),
        "audit.export_failed": ("审计记录导出失败", "An export of the audit trail failed"),
        "audit.export_finished": ("审计记录导出文件已生成", "The file of an audit trail export was made"),
        "audit.exported": ("导出审计记录", "Exported the audit trail"),
        "client.changed": ("修改接口客户端", "Changed an API client"),
        "client.created": ("新建接口客户端", "Created an API client"),
        "client.revoked": ("撤销接口客户端", "Revoked an API client"),
        "client.token_issued": ("接口客户端换取访问令牌", "An API client was given an access token"),
        "client_secret.created": ("新建接口密钥", "Created an API client's key"),
        "client_secret.revoked": ("撤销接口密钥", "Revoked an API client's key"),
        "badge.issued": ("发放工牌", "Issued a badge"),
        "badge.voided": ("工牌作废", "Voided a badge"),
        "device.enrolled": ("登记设备", "Enrolled a device"),
        "device.enrolment_offered": ("生成设备登记码", "Made a code that enrols a device"),
        "device.moved": ("设备调换地点", "Moved a device to another site"),
        "device.quarantined": ("已撤销设备的数据转入待审", "What a revoked device still held was set aside"),
        "device.renamed": ("设备改名", "Renamed a device"),
        "device.revoked": ("撤销设备", "Revoked a device"),
        "device.switched": ("设备更换使用人", "Took over a shared device"),
        "pin.set": ("设置PIN码", "Set a PIN"),
        "pin.start_pin_issued": ("发放初始PIN码", "Issued a start PIN"),
        "review.accepted": ("待审事件已采纳", "Accepted what waited for review"),
        "review.dismissed": ("待审事件已驳回", "Dismissed what waited for review"),
        "events.received": ("接收待采集的文件", "Received a document to be captured"),
        "events.captured": ("采集追溯事件", "Captured events"),
        "hold.placed": ("扣留货物", "Placed a hold"),
        "hold.released": ("解除扣留", "Released a hold"),
        "invitation.accepted": ("接受邀请", "Accepted an invitation"),
        "invitation.created": ("邀请成员", "Invited a person"),
        "invitation.resent": ("重新发送邀请", "Sent an invitation again"),
        "invitation.revoked": ("撤回邀请", "Revoked an invitation"),
        "locations.put": ("维护地点资料", "Put locations into the catalogue"),
        "master_data.told": ("收到主数据", "Took in the master data of a document"),
        "membership.created": ("新增成员", "Added a member"),
        "membership.deactivated": ("停用成员", "Deactivated a member"),
        "membership.reactivated": ("重新启用成员", "Reactivated a member"),
        "membership.renamed": ("修改成员姓名", "Renamed a member"),
        "membership.roles_changed": ("变更成员角色", "Changed a member's roles"),
        "password.changed": ("修改密码", "Changed the password"),
        "password.reset": ("通过链接重设密码", "Set a new password by a reset link"),
        "password.reset_issued": ("签发密码重设链接", "Issued a link that resets a password"),
        "password.set": ("首次设置密码", "Set the first password"),
        "partners.put": ("维护合作方资料", "Put partners into the catalogue"),
        "products.put": ("维护产品资料", "Put products into the catalogue"),
        "query.created": ("新建命名查询", "Named a query"),
        "query.deleted": ("删除命名查询", "Deleted a named query"),
        "subscription.created": ("新建查询订阅", "Subscribed to a query"),
        "subscription.deleted": ("取消查询订阅", "Ended a subscription to a query"),
        "subscription.paused": ("查询订阅已暂停", "A subscription to a query was paused"),
        "subscription.reported": ("已向订阅方推送查询结果", "What a query found was sent to a subscriber"),
        "subscription.resumed": ("恢复查询订阅", "Resumed a subscription to a query"),
        "role.changed": ("修改自定义角色", "Changed a custom role"),
        "role.created": ("新建自定义角色", "Created a custom role"),
        "role.archived": ("归档自定义角色", "Archived a custom role"),
        "sandbox.entered": ("进入沙箱", "Entered the sandbox"),
        "sandbox.filled": ("沙箱示例数据已生成", "The sandbox was filled with samples"),
        "sandbox.filling_resumed": ("重新开始生成沙箱示例数据", "Went on with filling the sandbox"),
        "sandbox.opened": ("开通沙箱", "Opened the sandbox"),
        "sandbox.reset": ("重置沙箱", "Reset the sandbox"),
        "second_factor.recovery_codes_renewed": ("更换恢复码", "Renewed the recovery codes"),
        "second_factor.removed": ("移除双重验证", "Removed the second factor"),
        "second_factor.set_up": ("启用双重验证", "Set up the second factor"),
        "session.ended": ("结束登录", "A session ended"),
        "session.reauthenticated": ("重新验证身份", "Proved the identity once more"),
        "session.started": ("登录", "Signed in"),
        "shipment.shipped": ("发货", "Shipped goods"),
        "events.synced": ("手机同步采集事件", "A phone's entries were captured"),
        "trace.exported": ("导出追溯结果", "Exported a trace"),
        "tenant.created": ("创建企业", "The company was created"),
        "upload.allowed": ("允许上传照片", "Allowed the upload of a photo"),
    }
)


def describe(action: str, language: str) -> str:
    """An action in "zh" or "en"; one that isn't known any more describes itself."""
    words = ACTIONS.get(action)
    return action if words is None else words[0 if language == "zh" else 1]
