/** docs/screens: pictures of the running product. `node_modules/.bin/node test/console/screens.ts [part of a name …]` */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openDoor } from '../admin/door.ts'
import { root } from '../world/root.ts'
import { makeWorld, sleep, type World } from '../world.ts'
import { buildConsole, openBrowser, signIn, visit } from './browser.ts'

const sensor = {
  objects: [
    {
      no: 1,
      label: 'climate',
      part: 1,
      status: [
        { name: 'temperature', value_type: 2, unit: '°C', decimals: 1, title: { en: 'Temperature', zh: '温度' } },
        { name: 'humidity', value_type: 2, unit: '%', decimals: 1, title: { en: 'Humidity', zh: '湿度' } },
      ],
    },
    { no: 2, label: 'fan', part: 1, status: [{ name: 'speed', value_type: 8, unit: 'rpm', title: { en: 'Fan', zh: '风扇' } }] },
  ],
  commands: [
    { no: 1, name: 'set-fan', part: 1, priority: 0, params: [{ name: 'speed', value_type: 8, unit: 'rpm', min: 0, max: 3000 }] },
  ],
  events: [{ no: 1, name: 'door-open', part: 1, priority: 1, params: [] }],
}

/** Devices of several states, an application whose receiver answers, a rule, a frame that can't be read. */
async function furnish(world: World): Promise<void> {
  const { client } = await openDoor(world)
  const product = await world.product({ name: 'Cold-room logger', config: sensor })
  await client('POST /applications', {
    body: { name: 'Facility ops', scope: '*', url: `${world.hooks.url}hook`, events: ['event', 'status', 'online', 'offline'] },
  })
  await client('POST /rules', {
    body: {
      name: 'Too warm',
      product: product.id,
      on: { kind: 'status', label: 'climate' },
      when: 'status.climate.temperature > 8.0',
      then: [{ do: 'command', name: 'set-fan', params: [2400] }],
      but: { atMost: { n: 1, per: 600_000 } },
    },
  })
  for (let n = 1; n <= 24; n++) {
    const d = await world.device({ product, code: `room-${n}` })
    await client('PATCH /devices/{id}', {
      params: { id: d.id },
      body: { name: `Cold room ${n}`, tags: [n % 2 ? 'north' : 'south'] },
    })
    if (n > 21) continue
    await d.connect()
    for (let i = 0; i < 12; i++) await d.status({ climate: [4 + Math.sin(n + i / 3), 61 + Math.cos(i)], fan: [1200 + 10 * i] })
    if (n === 5) await d.publish('s', Buffer.from(d.statusFrame({ fan: [1] })).subarray(0, 33))
    if (n % 7 === 0) await d.link.drop()
  }
  await sleep(2000)
}

const pages: Record<string, string> = {
  overview: '/',
  devices: '/devices?q=product:1',
  device: '/devices/1',
  connection: '/devices/7/connection',
  connect: '/devices/connect?tool=mosquitto&serial=kitchen-1',
  product: '/products/1',
  rule: '/rules/1',
  application: '/applications/1',
  packets: '/packets/quarantine?product=1',
  system: '/system',
  access: '/access/audit',
}

async function shoot(page: Page, folder: string, suffix: string, wanted: readonly string[]): Promise<void> {
  for (const [name, path] of Object.entries(pages)) {
    if (wanted.length > 0 && !wanted.some((w) => name.includes(w))) continue
    await page.goto(path)
    await page.locator('main#main h1').first().waitFor()
    if (name === 'rule') await page.locator('main .card header .btn').last().click()
    if (name === 'application' || name === 'packets')
      await page
        .locator('.pick-row')
        .first()
        .click()
        .catch(() => {})
    await sleep(1500)
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`) })
  }
}

const wanted = process.argv.slice(2)
const folder = join(root, 'docs/screens')
mkdirSync(folder, { recursive: true })
await buildConsole()
const world = await makeWorld()
const browser = await openBrowser()
try {
  await furnish(world)
  await visit(browser, world, {}, async (page) => {
    await signIn(page, world)
    await shoot(page, folder, '', wanted)
  })
  await visit(browser, world, { lang: 'zh', size: 'phone', scheme: 'dark' }, async (page) => {
    await signIn(page, world)
    // the account's language goes before the browser's
    await page.locator('.bar [aria-haspopup=menu]').click()
    await page.getByRole('menuitem', { name: '中文' }).click()
    await shoot(page, folder, '.phone', wanted)
  })
} finally {
  await browser.close()
  await world.close()
}
