import { useMemo } from 'react'
import { Link, useLocation } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { useInAddress } from '../../lib/chosen.ts'
import { useKeys } from '../../lib/keys.ts'
import { useModel } from '../../lib/model.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useVerbs } from '../../lib/verbs.ts'
import { tabs } from '../../shell/routes.ts'
import { Copy, Dot, dotOf, I } from '../../ui/basics.tsx'
import { Asked, Unread } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Commands } from './commands.tsx'
import { Connection } from './connection.tsx'
import { type Device, type DeviceNow, useDeviceNow } from './data.ts'
import { History } from './history.tsx'
import { Live } from './live.tsx'
import { DevicePackets } from './packets.tsx'
import { Settings } from './settings.tsx'
import { useDevice } from './texts.ts'
import { UseInCode } from './usecode.tsx'

export default function Page({ id, tab }: { id: number; tab: string }) {
  const { first, now } = useDeviceNow(id)
  return (
    <Asked of={first} rows={8}>
      {(device) => <Body now={{ ...now, device: now.device ?? device }} tab={tab} />}
    </Asked>
  )
}

function Body({ now, tab }: { now: DeviceNow & { device: Device }; tab: string }) {
  const t = useDevice()
  const can = useCan()
  const [, go] = useLocation()
  const [tool, code] = useInAddress('code')
  const { device } = now
  const { id } = device
  const name = device.name || device.identifier
  const base = `/devices/${id}`
  const product = useGet('GET /products/{id}', { params: { id: device.product } }, { enabled: can('products.read') })
  const { model, asked } = useModel(can('products.read') ? device.product : undefined, device.model || product.data?.model)
  const shown = tabs.device.filter((n) => (n === 'packets' ? can('frames.read') : n === 'settings' ? can('devices.write') : true))
  useCrumbs(
    { text: t.devices, href: '/devices' },
    { text: name, ...(tab !== 'live' && { href: base }) },
    ...(tab === 'live' ? [] : [{ text: t.tabs[tab as 'live'] ?? tab }]),
  )
  const keys = useMemo(
    () => ({
      c: () => {
        go(base)
        setTimeout(() => document.getElementById('send-command')?.focus(), 50)
      },
      y: () => go(`${base}/connection`),
      w: () => go(`${base}/packets`),
      Escape: () => go('/devices'),
    }),
    [go, base],
  )
  useKeys(keys)
  const { sendVerb, whyVerb } = t
  useVerbs(
    useMemo(
      () => [
        { text: sendVerb(name), act: keys.c },
        { text: whyVerb(name), act: keys.y },
      ],
      [name, sendVerb, whyVerb, keys],
    ),
  )
  return (
    <>
      <Head
        title={
          <>
            <Dot s={dotOf(device.state)} />
            {name}
          </>
        }
        sub={
          <>
            <Copy text={device.identifier} />
            {product.data && <Link href={`/products/${product.data.id}`}>{product.data.name}</Link>}
            {device.firmware && <span>{t.firmware(device.firmware)}</span>}
            {device.tags.map((tag) => (
              <Link
                key={tag}
                className="badge tag"
                href={`/devices?q=${encodeURIComponent(`tag:${/\s/.test(tag) ? `"${tag}"` : tag}`)}`}
              >
                {tag}
              </Link>
            ))}
          </>
        }
        acts={
          <button type="button" className="btn" onClick={() => code('curl')}>
            <I n="app" />
            {t.useInCode}
          </button>
        }
      />
      <Tabs base={base} at={tab} label={t.tabsLabel} tabs={shown.map((n) => ({ name: n, text: t.tabs[n] }))} />
      <Unread of={product} className="lost" />
      <Unread of={asked} className="lost" />
      {tool !== '' && <UseInCode device={device} model={model} close={() => code('')} />}
      {tab === 'live' && <Live now={now} model={model} />}
      {tab === 'history' && <History device={device} model={model} />}
      {tab === 'commands' && <Commands device={device} now={now} model={model} />}
      {tab === 'connection' && <Connection now={now} />}
      {tab === 'packets' && <DevicePackets device={device} />}
      {tab === 'settings' && <Settings device={device} />}
    </>
  )
}
