/** What settings are for, for people who read Chinese; in English the settings themselves say it. */
import type { Lang } from './causetext.ts'

const zh: Readonly<Record<string, string>> = {
  PANDO_DATA_DIR: '内嵌引擎的数据和密钥所在的目录。不在别处写入任何数据。',
  PANDO_REGISTRY_URL: '注册库的存储。',
  PANDO_DEVICELOG_URL: '设备日志的存储。',
  PANDO_HISTORY_URL: '历史和当前状态的存储。',
  PANDO_PRESENCE_URL: '在线表：设备连接在哪个节点上。',
  PANDO_QUEUE_URL: '服务之间的“门铃”，只通知有新内容。',
  PANDO_DISCOVERY_URL: '服务之间如何找到彼此。',
  PANDO_PLUGINS: '要加载的插件，以逗号分隔：路径（如 `./mine.js`，从工作目录算起）或软件包的名称。',
  PANDO_LOG_URL: '日志写到哪里，格式为 Elastic Common Schema：在 `stderr` 上每行一个 JSON（终端上则便于阅读），或写入数据流。',
  PANDO_LOG_LEVEL: '写出的日志的最低级别。',

  PANDO_RPC_LISTEN: '本安装的其他进程（`pdcfg`、`pando why`）从这里访问各服务；地址和口令保存在数据目录中。',
  PANDO_RPC_PUBLIC: '告诉云中其他进程的地址，`host:port`；默认为 `PANDO_RPC_LISTEN`。后者为全部地址时必须设置。',
  PANDO_CLUSTER_SECRET: '至少 32 个字符，在多进程的云中每个进程都相同：没有它，内部端口不应答任何人。',
  PANDO_CLUSTER_CA: '仅属于本云的证书机构的 PEM 文件：集群的进程之间使用 TLS，没有该机构证书的一律不应答。',
  PANDO_CLUSTER_CERT: '本进程向其他进程出示的证书的 PEM 文件。',
  PANDO_CLUSTER_KEY: '该证书私钥的 PEM 文件。',

  PANDO_HTTPACCESS_LISTEN: '设备 HTTP API：注册、登录。',
  PANDO_MQTTACCESS_LISTEN: 'MQTT 3.1、3.1.1 和 5；有证书时同一端口也接受 TLS。',
  PANDO_MQTTACCESS_WS_LISTEN: 'WebSocket 上的 MQTT，路径 `/mqtt`；默认在应用访问 REST API 的地址上，前提是由同一进程提供。',
  PANDO_MQTTACCESS_WS_ORIGINS:
    '除同一地址的网页外，还允许哪些来源的网页（`https://example.com`，以逗号分隔；`*` 为全部）打开 WebSocket 上的 MQTT。',
  PANDO_MQTTACCESS_SHARE_PORT: '本机的多个进程可以使用同一个 MQTT 地址；由系统分配连接（Linux、FreeBSD）。',
  PANDO_ACCESS_PROCESSES:
    '在同一地址上承接 MQTT 连接的进程数：多于一个时，它们是本进程的子进程，引擎由本进程持有。`auto`：与处理器核数相同。集群中则把 `mqttaccess` 启动任意多次。',
  PANDO_COAPACCESS_LISTEN: 'UDP 上的 CoAP：注册、登录、数据、命令。',
  PANDO_APIPROVIDER_LISTEN: '应用的 REST、管理 API、控制台。',
  PANDO_OPS_LISTEN: '`/healthz`、`/readyz` 和 `/metrics`；整个云默认为 `127.0.0.1:9090`，单独列名的服务则取空闲端口。',
  PANDO_MQTTACCESS_PUBLIC: '告诉登录设备的地址，`host:port`；默认为设备访问 HTTP API 时所用的地址，加上 MQTT 端口。',
  PANDO_COAPACCESS_DTLS_LISTEN: 'DTLS 1.2 上的 CoAP，以设备密钥为密钥（`coaps`；通常为 5684 端口）。不设置则关闭。',
  PANDO_COAPACCESS_TCP_LISTEN: 'TCP 上的 CoAP（通常为 5683 端口），有证书时同一端口也接受 TLS。不设置则关闭。',
  PANDO_COAPACCESS_PUBLIC: '告诉以 CoAP 登录的设备的地址，`host:port`；默认为设备访问云时所用的地址，加上 CoAP 端口。',
  PANDO_XMPPACCESS_SERVER: 'XMPP：服务器接受外部组件的地址（XEP-0114；通常为 5347 端口）。不设置则关闭；须与下面两项一同设置。',
  PANDO_XMPPACCESS_DOMAIN: 'XMPP：组件的域名，与服务器的配置一致：设备为 `<十六进制的设备编号>@<域名>`。',
  PANDO_XMPPACCESS_SECRET: 'XMPP：组件的口令，与服务器的配置一致。',
  PANDO_XMPPACCESS_PUBLIC: '告诉以 XMPP 登录的设备的地址，`host:port`；默认为组件的域名。',
  PANDO_XMPPACCESS_USER_DOMAINS:
    'XMPP：哪些域名的用户可以是设备，以逗号分隔；其他的一律丢弃。不设置则为所有域名：令牌总是必需的。',
  PANDO_XMPPACCESS_AUTH_LISTEN:
    'XMPP 服务器在此询问某个账户可否登录（`/v1/xmpp/auth`）：十六进制的设备编号及其令牌。不设置则关闭。',
  PANDO_XMPP_LEASE: 'XMPP：这么久没有设备的消息，就询问它是否还在（XEP-0199）；不应答则为离线。',
  PANDO_HTTP_LEASE: '使用 HTTP 的设备这么久没有任何请求，即为离线；正在等待命令的算在线。',
  PANDO_HTTPACCESS_LEGACY_TLS_LISTEN: '供 2015 年芯片使用的设备 HTTP API（TLS 1.0，弱加密）。不设置则关闭。',
  PANDO_MQTTACCESS_LEGACY_TLS_LISTEN: '供 2015 年芯片使用的 MQTT（TLS 1.0，弱加密）。不设置则关闭。',
  PANDO_TLS_CERT:
    '证书链的 PEM 文件：所有 TCP 监听都因此接受 TLS。多个文件以逗号分隔，按客户端请求的名称选用，第一个用于其余情况。文件更改后会重新读取。',
  PANDO_TLS_KEY: '私钥的 PEM 文件；数量和顺序与证书相同。',
  PANDO_TLS_MIN_VERSION: '接受的最低 TLS 版本；更旧的另有专门的监听。',
  PANDO_TLS_MAX_HANDSHAKES:
    '一个监听上同时进行的 TLS 握手数；其余的排队等候。同一个云的接入进程（`PANDO_ACCESS_PROCESSES`）共用此数。',
  PANDO_TLS_CLIENT_CA: '为设备担保的证书机构的 PEM 文件：客户端证书的通用名、DNS 名或 URI 名为设备标识时，可代替其令牌。',
  PANDO_TLS_CLIENT_CRL: '已吊销的设备证书的 PEM 文件。',

  PANDO_AES_KEY: '平台密钥体系的密钥：16、24 或 32 个字符。不设置则生成一次，保存在数据目录中。',
  PANDO_MASTER_KEY: '至少 32 个字符，由它派生用于密钥、令牌和签名的各个密钥。不设置则生成一次，保存在数据目录中。',

  PANDO_ADMIN_PASSWORD_FILE:
    '存有首位管理员密码的文件，首次启动时读取。不设置则生成一个：在终端上显示，没有终端则写入数据目录中的 `admin-password`。',
  PANDO_TOKEN_LIFE: '访问令牌这么久没有使用就失效。',
  PANDO_LEGACY_OPEN_DEVICE_INFO: '与旧云一样，没有 `App-Key` 也应答 `device/info?device_key=`。',
  PANDO_STREAM_MAX_LISTENERS: '可同时打开的实时流；客户端不读取时，每个最多占用 256 KiB。',
  PANDO_STREAM_MAX_LISTENERS_OF_ONE: '一个应用或一个人可同时打开的实时流。',
  PANDO_FAILURES_PER_MINUTE: '同一地址注册和登录失败这么多次之后必须等待；成功的从不计入。',

  PANDO_MQTT_MAX_PACKET: '设备发来的 MQTT 数据包的最大长度；CoAP 和 XMPP 则为内容的最大长度。',
  PANDO_MQTT_MAX_INFLIGHT: '一台设备可有多少条消息在等待确认。',
  PANDO_MQTT_MAX_RATE: '一台设备每秒的消息超过此数，其连接就会被放慢；CoAP 和 XMPP 则会告知设备。',
  PANDO_MQTT_CONNECT_TIMEOUT: '到时仍未登录的连接会被关闭。',
  PANDO_MQTT_MAX_CONNECTIONS: '一个接入进程的连接数。',
  PANDO_COAP_LEASE: '使用 CoAP 的设备这么久没有消息即为离线；观察着自己命令的设备会先被询问。',
  PANDO_COAP_ACK_TIMEOUT: 'CoAP：要求确认的消息这么久之后重发，最多四次，间隔每次加倍。',
  PANDO_UPLINK_MAX_WAITING: '等待写入设备日志的字节超过此数，就暂停读取设备的数据。',

  PANDO_DEVICELOG_MAX_BYTES: '设备日志超过此大小时删除最旧的分段，前提是所有读取者都已读过。',
  PANDO_DEVICELOG_MAX_AGE: '设备日志最多保留多久。',
  PANDO_HISTORY_MAX_BYTES: '历史超过此大小时删除最旧的日子。',
  PANDO_HISTORY_MAX_AGE: '历史最多保留多久。',
  PANDO_DISK_RESERVE: '磁盘剩余低于此值时，先是历史，再是汇总，为设备日志让出空间。',

  PANDO_NOTIFIER_ALLOW: '推送可以到达的私有网络（CIDR，以逗号分隔）。',
  PANDO_NOTIFIER_TIMEOUT: '推送的接收端最多可用多久应答。',
  PANDO_NOTIFIER_RETRY_FOR: '一次推送重试这么久，之后就放弃，留待重新推送。',
  PANDO_NOTIFIER_CONCURRENCY: '对一个应用同时进行的推送请求数。',
}

/** Those that are explained in Chinese too. */
export const translatedSettings: readonly string[] = Object.keys(zh)

/** Settings of plugins are explained by them, in English. */
export function settingText(lang: Lang, { name, help }: { name: string; help: string }): { lang: Lang; text: string } {
  const text = lang === 'zh' ? zh[name] : undefined
  return text === undefined ? { lang: 'en', text: help } : { lang, text }
}
