/** Errors for people who read English or Chinese: what each means, and what to do about it. */
import { type ErrorCode, errorTable } from '#lib/errors.ts'
import type { Lang } from './causetext.ts'

const zh: Record<ErrorCode, string> = {
  internal: '云端自身的故障；日志中以同一请求号记有原因。',
  unavailable: '云的某个部分或引擎此刻没有应答，请稍后重试。',
  timeout: '未能按时得到应答。',
  invalid: '请求的格式有误；消息会指出是哪个字段。',
  too_large: '请求、帧或数据包超过了所述的限制。',
  rate_limited: '失败或请求过多，请按应答所说的时间等待。',
  not_found: '没有这个对象，或它不属于您。',
  conflict: '已存在，或被他人修改。',
  precondition_failed: '读取之后它已被修改；应答中有它现在的样子。',
  idempotency_reused: '这个 Idempotency-Key 属于另一个请求。',
  gone: '它曾在此处，但已不再保留，请重新生成。',
  method_not_allowed: '路径正确，方法不对；`Allow` 列出可用的方法。',
  forbidden: '您无权这样做。',
  unauthenticated: '凭据缺失、有误或已过期。',
  plugin_refused: '被本云的插件拒绝；消息就是它给出的原因。',
  config_invalid: '某项设置有误；消息指出是哪一项以及允许什么。',
  version_mismatch: '云的两个部分，或数据与程序，版本不相配。',
  key_invalid: '该密钥不是本平台生成的 64 位十六进制数。',
  key_mismatch: '密钥可以解开，但不是该记录的密钥。',
  vendor_unknown: '没有此编号的厂商。',
  product_unknown: '没有此编号或密钥的产品。',
  device_unknown: '没有此编号、密钥或标识的设备。',
  application_unknown: '没有此编号或密钥的应用。',
  model_invalid: '产品配置有误；消息指出位置。',
  registration_closed: '该产品不允许设备自行注册。',
  registration_once: '设备以前登录过；只有允许重新注册时才会再次给出密钥。',
  secret_wrong: '设备密钥有误。',
  protocol_unsupported: '这里没有运行该协议的接入服务。',
  token_unknown: '访问令牌未知、过期或已吊销；设备必须重新登录。',
  token_of_other_device: '访问令牌属于另一台设备。',
  scope_denied: '应用的范围不包含此设备。',
  scope_invalid: '范围的写法是 *、vendor/<编号> 或 product/<编号>，且该厂商或产品必须存在。',
  device_offline: '设备当前没有连接。',
  device_timeout: '设备没有按时确认。',
  frame_invalid: '这些值与产品模型不符；消息指出标签和位置。',
  frame_too_large: '该帧生成的数据包超过了此设备能接收的大小。',
  log_unavailable: '设备日志暂时无法写入；在恢复之前不会确认任何数据。',
  log_damaged: '设备日志的一个文件已损坏；消息指出文件和位置。',
  stream_sealed: '另一个节点已接管这个日志流。',
  store_damaged: '存储的一个文件已损坏；消息指出文件和位置。',
  disk_full: '数据目录所在磁盘已满。',
}

type Todo = readonly [en: string, zh: string]

const again: Todo = [
  'Try again; if it lasts, look at the system page and the log.',
  '请重试；如果持续如此，请查看系统页面和日志。',
]
const names: Todo = [
  'Look at the id or key: was it removed, or is it of another cloud?',
  '请核对编号或密钥：是否已被删除，或属于另一个云？',
]
const asks: Todo = ['Ask whoever gave you the role or the key for more.', '请向授予角色或密钥的人申请更大的权限。']
const request: Todo = ['Mend the request where `errors` or the message points.', '请按 `errors` 或消息所指之处修改请求。']
const damaged: Todo = [
  'Stop, copy the data directory, and follow “Damaged files” of the operations guide. Nothing was overwritten.',
  '请停止服务，复制数据目录，并按运维指南的“Damaged files”处理。没有任何内容被覆盖。',
]

const todos: Record<ErrorCode, Todo> = {
  internal: [
    'Report it with the request id and the lines of the log that have it.',
    '请附上请求号和日志中带有该号的行进行报告。',
  ],
  unavailable: again,
  timeout: again,
  invalid: request,
  too_large: [
    'Send less at once; `PANDO_MQTT_MAX_PACKET` is the limit for devices.',
    '请分次发送；设备的限制由 `PANDO_MQTT_MAX_PACKET` 决定。',
  ],
  rate_limited: ['Wait for `Retry-After`, then go on more slowly.', '请等待 `Retry-After` 的时间，然后放慢速度。'],
  not_found: names,
  conflict: ['Read it again; use another name if the name is taken.', '请重新读取；如果名称已被占用，请换一个。'],
  precondition_failed: [
    'Read it again, put your change on top, and send the new `ETag`.',
    '请重新读取，在其上做修改，并发送新的 `ETag`。',
  ],
  idempotency_reused: [
    'Make a new Idempotency-Key for each request that acts.',
    '请为每个会产生作用的请求使用新的 Idempotency-Key。',
  ],
  gone: [
    'Ask for it anew: views and runs on the past are kept for a while only.',
    '请重新生成：视图和历史试运行只保留一段时间。',
  ],
  method_not_allowed: ['Use a method that `Allow` lists.', '请使用 `Allow` 列出的方法。'],
  forbidden: asks,
  unauthenticated: ['Sign in again, or send a token that is in force.', '请重新登录，或使用有效的令牌。'],
  plugin_refused: ['Ask whoever looks after the plugin.', '请联系维护该插件的人。'],
  config_invalid: ['Mend the setting that is named, then start again.', '请修改所指的设置，然后重新启动。'],
  version_mismatch: [
    'Run all parts in the same version; see “Upgrade” of the operations guide.',
    '请让所有部分使用同一版本；见运维指南的“Upgrade”。',
  ],
  key_invalid: ['Copy the key whole: 64 hexadecimal digits.', '请完整复制密钥：64 位十六进制数。'],
  key_mismatch: ['It was replaced: use the key that is shown now.', '它已被更换：请使用现在显示的密钥。'],
  vendor_unknown: names,
  product_unknown: names,
  device_unknown: ['Let the device register again, or look at its id.', '请让设备重新注册，或核对其编号。'],
  application_unknown: names,
  model_invalid: request,
  registration_closed: ['Add the device by hand, or open the product for registration.', '请手动添加设备，或开放该产品的注册。'],
  registration_once: ['Permit it to register once more, on its connection page.', '请在其连接页面允许它再注册一次。'],
  secret_wrong: [
    'Give the device the secret of its registration, or make it a new one.',
    '请给设备注册时得到的密钥，或为它生成新的。',
  ],
  protocol_unsupported: [
    'Start the access service of that protocol, or log in for another.',
    '请启动该协议的接入服务，或用其他协议登录。',
  ],
  token_unknown: [
    'Let the device log in again; its connection page can accept the old token once more.',
    '请让设备重新登录；也可在其连接页面再次接受旧令牌。',
  ],
  token_of_other_device: [
    'Were credentials copied from one board to another? Each needs its own.',
    '是否把一块板的凭据复制到了另一块？每台都需要自己的。',
  ],
  scope_denied: asks,
  scope_invalid: request,
  device_offline: ['Send it with a time to keep it, or look why it is offline.', '请设置保留时间后再发送，或查看它为何离线。'],
  device_timeout: ['Look at its connection; the command may have arrived all the same.', '请查看其连接；命令也可能已经送达。'],
  frame_invalid: ['Compare types and ranges with the model of the product.', '请与产品模型的类型和范围比较。'],
  frame_too_large: [
    'Send less at once: firmware of old SDKs takes small packets only.',
    '请减少每次发送的内容：旧 SDK 的固件只能接收较小的数据包。',
  ],
  log_unavailable: [
    'Look at the disk or the server of the log; devices keep what was not acknowledged.',
    '请检查日志所在的磁盘或服务器；设备会保留未确认的数据。',
  ],
  log_damaged: damaged,
  stream_sealed: [
    'Nothing: the node gives up its connections, and devices come back elsewhere.',
    '无需处理：该节点会放弃连接，设备会连到别处。',
  ],
  store_damaged: damaged,
  disk_full: [
    'Make room, or lower the disk budget: the oldest history goes first.',
    '请腾出空间，或调低磁盘预算：最早的历史会先被删除。',
  ],
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

export const errorText = (lang: Lang, code: ErrorCode): string => (lang === 'zh' ? zh[code] : errorTable[code].help)
export const errorTodo = (lang: Lang, code: ErrorCode): string => todos[code][lang === 'zh' ? 1 : 0]

/** Where an error is explained, at every cloud and for good. */
export const errorPath = (code: ErrorCode): string => `/docs/errors/${code}`
