/**
 * docs/screens: pictures of each page of the running product. `node_modules/.bin/node test/console/screens.ts [name …]`; with `--into <folder>` those
 * of the other language, light and size too, to be looked at.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { openDoor } from '../admin/door.ts'
import { answers } from '../support/hookreceiver.ts'
import { root } from '../world/root.ts'
import { makeWorld, sleep, type World } from '../world.ts'
import { buildConsole, openBrowser, signIn, visit } from './browser.ts'
import { coldRooms, unknownObject } from './fleet.ts'
import { placesOf } from './places.ts'

/** Devices of several states, an application whose receiver answers, a rule, a frame that can't be read. */
async function furnish(world: World): Promise<void> {
  const door = await openDoor(world)
  const { client } = door
  await client('POST /applications', {
    body: { name: 'Facility ops', scope: '*', url: world.hooks.url, events: ['event', 'status', 'online', 'offline'] },
  })
  const { product, devices } = await coldRooms(world, door, 21)
  for (const n of [22, 23, 24]) await world.device({ product, code: `room-${n}` })
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
  const [first, second] = devices
  await forAMinute((turn) =>
    first!.status({
      climate: [5.4 + 2.2 * Math.sin(turn / 14), 58 + 3 * Math.cos(turn / 9)],
      fan: [Math.round(1200 + 300 * Math.sin(turn / 20))],
    }),
  )
  for (const warm of [8.4, 9.1, 7.2, 8.8]) await first!.status({ climate: [warm, 58] })
  await second!.publish('s', unknownObject(3))
  await devices[4]!.publish('s', Buffer.from(first!.statusFrame({ fan: [1] })).subarray(0, 33))
  for (const n of [7, 14, 21]) await devices[n - 1]!.drop()
  world.hooks.manner = answers(503)
  await devices[2]!.event('door-open')
  await client('POST /backups', { body: {} })
  await sleep(2000)
}

/** So that a plot has something to show. */
async function forAMinute(report: (turn: number) => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < 120; turn++) {
    await report(turn)
    await sleep(500)
  }
}

interface Picture {
  /** where more is to be seen than at the page's own address */
  path?: string
  /** what is done before it is taken */
  act?: (page: Page) => Promise<void>
}

const pickFirst = (page: Page) => page.locator('.pick-row').first().click()

const pictures: Record<string, Picture> = {
  devices: { path: '/devices?q=product:1' },
  'device.connection': { path: '/devices/7/connection' },
  connect: { path: '/devices/connect?tool=mosquitto&serial=kitchen-1' },
  product: { path: '/products/1?add=objects:3:int8,uint16', act: (page) => page.locator('.diff ins').first().waitFor() },
  rule: {
    async act(page) {
      await page.locator('.sentence-form input').first().fill('8.5')
      await page.locator('svg .limit').waitFor({ state: 'attached' })
      await page.locator('main .card header .btn').last().click()
      await page.locator('svg .fire').first().waitFor()
    },
  },
  application: { act: pickFirst },
  'packets.quarantine': { path: '/packets/quarantine?product=1', act: pickFirst },
  'packets.past': { path: '/packets/past?product=1', act: pickFirst },
}

async function shoot(page: Page, folder: string, suffix: string, wanted: readonly string[]): Promise<void> {
  for (const { name, path } of placesOf({ device: 1, product: 1, rule: 1, application: 1 })) {
    // who is signed in does not see it
    if (name === 'sign-in' || (wanted.length > 0 && !wanted.includes(name))) continue
    const { path: instead, act } = pictures[name] ?? {}
    await page.goto(instead ?? path)
    await page.locator('main#main h1').first().waitFor()
    await act?.(page)
    await sleep(1500)
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`) })
  }
}

async function shootSignIn(page: Page, folder: string, suffix: string): Promise<void> {
  await page.goto('/')
  await page.locator('input[name=password]').waitFor()
  await page.screenshot({ path: join(folder, `sign-in${suffix}.png`) })
}

const { values: o, positionals: wanted } = parseArgs({ allowPositionals: true, options: { into: { type: 'string' } } })
const folder = o.into ?? join(root, 'docs/screens')
const forms = [
  { suffix: '', lang: 'en', size: 'wide', scheme: 'light' },
  { suffix: '.phone', lang: 'zh', size: 'phone', scheme: 'dark' },
  { suffix: '.dark', lang: 'zh', size: 'wide', scheme: 'dark' },
  { suffix: '.phone.light', lang: 'en', size: 'phone', scheme: 'light' },
] as const

const tags = { en: 'en', zh: 'zh-CN' } as const

mkdirSync(folder, { recursive: true })
await buildConsole()
const world = await makeWorld()
const browser = await openBrowser()
try {
  await furnish(world)
  for (const { suffix, ...form } of o.into ? forms : forms.slice(0, 2))
    await visit(browser, world, form, async (page) => {
      if (wanted.length === 0 || wanted.includes('sign-in')) await shootSignIn(page, folder, suffix)
      await signIn(page, world)
      // the account's language goes before the browser's
      if ((await page.locator('html').getAttribute('lang')) !== tags[form.lang]) {
        await page.locator('.bar [aria-haspopup=menu]').click()
        await page.getByRole('menuitem', { name: form.lang === 'zh' ? '中文' : 'English' }).click()
      }
      await shoot(page, folder, suffix, wanted)
    })
} finally {
  await browser.close()
  await world.close()
}
