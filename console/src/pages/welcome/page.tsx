/** After the first sign-in: where devices reach the cloud, and the first device. */
import { Link } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { texts } from '../../lib/lang.ts'
import { useCrumbs } from '../../lib/title.ts'
import { Copy, I } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Card, Head } from '../../ui/page.tsx'

const useT = texts({
  en: {
    title: 'Welcome',
    verdict: 'Your cloud runs. One step, and the first device reports.',
    sub: 'Choose how to begin; all of it can be removed again.',
    endpoints: {
      apiprovider: 'REST and this console',
      mqttaccess: 'MQTT',
      mqttaccessTls: 'MQTT over TLS',
      mqttaccessWs: 'MQTT over WebSocket',
      coapaccess: 'CoAP',
      httpaccess: 'HTTP',
    } as Record<string, string>,
    virtual: 'A virtual one, in this browser',
    virtualText: 'Registers, logs in and reports over the real protocol. Nothing to install.',
    virtualGo: 'Start, a few seconds',
    board: 'My own board or program',
    boardText: 'Lines to paste for curl, mosquitto, Node, Python and C, with your address and key in them.',
    boardGo: 'Show me the lines',
    model: 'Describe a product first',
    modelText: 'What it reports and takes: objects, commands and events, with types and units.',
    modelGo: 'Make a product',
    old: 'An installation of the old Pando Cloud is taken over with its devices, keys and applications; in the field nothing changes.',
    oldGo: 'How to',
    where: 'Where devices and applications reach it',
  },
  zh: {
    title: '欢迎',
    verdict: '您的云已运行。再走一步，第一台设备就会上报。',
    sub: '选择如何开始；一切都可以再删除。',
    endpoints: {
      apiprovider: 'REST 与控制台',
      mqttaccess: 'MQTT',
      mqttaccessTls: 'MQTT（TLS）',
      mqttaccessWs: 'MQTT（WebSocket）',
      coapaccess: 'CoAP',
      httpaccess: 'HTTP',
    },
    virtual: '在浏览器中启动虚拟设备',
    virtualText: '通过真实协议注册、登录并上报。无需安装。',
    virtualGo: '启动，几秒即可',
    board: '我自己的开发板或程序',
    boardText: '为 curl、mosquitto、Node、Python 和 C 准备好可粘贴的代码，已填入您的地址和密钥。',
    boardGo: '查看代码',
    model: '先描述产品',
    modelText: '它上报和接收什么：对象、命令和事件，带类型和单位。',
    modelGo: '新建产品',
    old: '旧版 Pando Cloud 可连同设备、密钥和应用一并接管，现场设备无需改动。',
    oldGo: '查看方法',
    where: '设备与应用的接入地址',
  },
})

export default function Page() {
  const t = useT()
  useCrumbs({ text: t.title })
  const endpoints = useGet('GET /endpoints')
  const cards = [
    { href: '/devices/connect?virtual=1', icon: 'globe', head: t.virtual, text: t.virtualText, go: t.virtualGo },
    { href: '/devices/connect', icon: 'dev', head: t.board, text: t.boardText, go: t.boardGo },
    { href: '/products?new=1', icon: 'cube', head: t.model, text: t.modelText, go: t.modelGo },
  ]
  return (
    <>
      <Head verdict title={t.verdict} sub={t.sub} />
      <div className="stack wide">
        <div className="cols third choices">
          {cards.map((c) => (
            <Link className="choice" key={c.href} href={c.href}>
              <I n={c.icon} />
              <b>{c.head}</b>
              <p>{c.text}</p>
              <span className="go">{c.go}</span>
            </Link>
          ))}
        </div>
        <p className="t2">
          {t.old} <a href="/docs/import">{t.oldGo}</a>
        </p>
        <Card title={t.where}>
          <div className="sect flush">
            <Asked of={endpoints} rows={2}>
              {({ items }) => (
                <dl className="facts">
                  {items.map((e) => (
                    <div key={e.name}>
                      <dt>{t.endpoints[e.name] ?? e.name}</dt>
                      <dd>
                        <Copy text={e.url} />
                      </dd>
                    </div>
                  ))}
                </dl>
              )}
            </Asked>
          </div>
        </Card>
      </div>
    </>
  )
}
