/** Causes of the diary for people who read English or Chinese: what each means, and what mends it. */
import { type Cause, causes } from './causes.ts'

export type Lang = 'en' | 'zh'

const zh: Record<Cause, string> = {
  none: '原因未知。',
  registered: '设备首次注册。',
  registered_again: '设备再次注册，得到相同的身份。',
  logged_in: '设备登录并得到新令牌；旧令牌不能再用于新连接。',
  closed_by_peer: '设备未打招呼就断开了连接（电源、网络）。',
  disconnected: '设备主动告别。',
  keepalive_timeout: '超过保活时间的 1.5 倍没有收到任何数据。',
  taken_over: '同一设备又建立了连接；每台设备只能有一条连接。',
  protocol_error: '设备发送了协议禁止的内容。',
  packet_too_large: '数据包超过限制。',
  rate_exceeded: '设备发送的频率超过限制。',
  token_revoked: '设备的令牌已被吊销。',
  device_removed: '设备已被删除。',
  server_stopping: '云端停止服务，或把连接移到了别处。',
  node_lost: '接入节点失效。',
  stream_sealed: '接入节点被隔离，放弃了它的连接。',
  peer_error: '网络报告连接出错。',
  closed_by_operator: '运维人员断开了连接。',
  device_unknown: '被拒绝：没有这台设备。',
  token_unknown: '被拒绝：令牌未知、过期、已被替换或吊销；设备必须重新登录。',
  token_of_other_device: '被拒绝：令牌属于另一台设备。',
  certificate_of_other_device: '被拒绝：客户端证书属于另一台设备。',
  secret_wrong: '登录被拒绝：设备密钥错误。',
  token_malformed: '被拒绝：密码不是 32 位十六进制的令牌。',
  client_id_malformed: '被拒绝：客户端标识不是十六进制的设备号。',
  registration_closed: '注册被产品的策略拒绝。',
  registration_once: '注册被拒绝：设备以前登录过。',
  server_busy: '暂时被拒绝：同时到来的太多。',
  plugin_refused: '被本云的插件拒绝。',
  session_gone: '登录检查完成之前连接已断开。',
  address_blocked: '被拒绝：运维人员暂时封锁了这个地址。',
}

/** What people can do about it. */
const todos: Record<Lang, Partial<Record<Cause, string>>> = {
  en: {
    closed_by_peer: 'Look at its power and network: it went without saying goodbye.',
    peer_error: 'Look at its network.',
    keepalive_timeout: 'Look at its power and network; or its firmware does not keep its own keep-alive time.',
    taken_over: 'Do two devices have the same identity? Each throws the other out.',
    protocol_error: 'Its firmware sends what MQTT forbids; the diary says what.',
    packet_too_large: 'PANDO_MQTT_MAX_PACKET is the limit.',
    rate_exceeded: 'PANDO_MQTT_MAX_RATE is the limit.',
    node_lost: 'Look at the log of the cloud.',
    device_unknown: 'It has an id of another cloud, or was removed: let it register again.',
    token_unknown: 'It must log in again. Firmware that keeps an old token does not come back by itself.',
    token_of_other_device: 'It has the token of another device: were credentials copied?',
    certificate_of_other_device: 'Its client certificate names another device: was the certificate copied?',
    secret_wrong: 'Its secret is not that of this device: let it register again, or give it the right one.',
    token_malformed: 'Its firmware sends something else than the token that login answered.',
    client_id_malformed: 'Its firmware must use its device id in hex as the client id.',
    registration_closed: 'Open the product for registration, or add the device by hand (pando pdcfg device add).',
    registration_once: 'Permit it to register once more, if it lost its memory.',
    plugin_refused: 'Ask whoever looks after the plugin; its reason stands in the diary.',
    address_blocked: 'It comes in when the time is over, or when its address is let in again.',
    server_busy: 'It tries again by itself; if this lasts, the cloud needs more room.',
  },
  zh: {
    closed_by_peer: '请检查电源和网络：它没有告别就离开了。',
    peer_error: '请检查它的网络。',
    keepalive_timeout: '请检查电源和网络；也可能是固件没有遵守自己的保活时间。',
    taken_over: '是否有两台设备使用同一身份？它们会互相挤掉对方。',
    protocol_error: '固件发送了 MQTT 禁止的内容；详情见日记。',
    packet_too_large: '限制由 PANDO_MQTT_MAX_PACKET 决定。',
    rate_exceeded: '限制由 PANDO_MQTT_MAX_RATE 决定。',
    node_lost: '请查看云端日志。',
    device_unknown: '它的编号属于另一个云，或已被删除：请让它重新注册。',
    token_unknown: '它必须重新登录。只保留旧令牌的固件不会自己恢复。',
    token_of_other_device: '它使用了另一台设备的令牌：凭据是否被复制？',
    certificate_of_other_device: '它的客户端证书写的是另一台设备：证书是否被复制？',
    secret_wrong: '它的密钥不属于这台设备：请重新注册，或给它正确的密钥。',
    token_malformed: '固件发送的不是登录时得到的令牌。',
    client_id_malformed: '固件必须用十六进制的设备号作为客户端标识。',
    registration_closed: '请开放产品的注册，或手动添加设备（pando pdcfg device add）。',
    registration_once: '如果它丢失了存储，请允许它再注册一次。',
    plugin_refused: '请联系维护插件的人；原因写在日记里。',
    address_blocked: '时间一到，或重新放行其地址，它就能进来。',
    server_busy: '它会自动重试；如果持续如此，云端需要扩容。',
  },
}

const isCause = (cause: unknown): cause is Cause => typeof cause === 'string' && Object.hasOwn(causes, cause)

/** One that is not known is told as it is. */
export const causeText = (lang: Lang, cause: unknown): string =>
  isCause(cause) ? (lang === 'zh' ? zh[cause] : causes[cause].help) : String(cause ?? '')
export const todoText = (lang: Lang, cause: unknown): string | undefined => (isCause(cause) ? todos[lang][cause] : undefined)
export const isRefusal = (cause: unknown): boolean => isCause(cause) && causes[cause].no >= 30
