/**
 * The twelve flows of the console as somebody goes them: the first start, a product with its model, a device of their own, one that the
 * page plays, a device live, why it is offline, packets, rules, applications, the fleet, many at once, and the system with its people.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { firstPassword, openDoor, PASSWORD } from '../admin/door.ts'
import { ask } from '../fakes/http.ts'
import { answers } from '../support/hookreceiver.ts'
import { makeWorld, until, type World } from '../world.ts'
import { buildConsole, inBrowser, type Lang, openBrowser, type Session, type Size, signIn, visit } from './browser.ts'
import { coldRooms, type Fleet, unknownObject } from './fleet.ts'
import { type Hand, keyboard, pointer } from './hand.ts'
import { type Say, wordsIn } from './words.ts'

export interface Form {
  lang: Lang
  size: Size
  by: 'pointer' | 'keyboard'
}

/** The numbers of the flows to go, both included. */
export type Part = readonly [from: number, to: number]
export const halves: readonly [Part, Part] = [
  [1, 7],
  [8, 12],
]

interface Going {
  page: Page
  hand: Hand
  say: Say
  /** a button or a link by its words */
  button(...text: Parameters<Say>): Locator
  link(...text: Parameters<Say>): Locator
  field(...text: Parameters<Say>): Locator
  dialog(): Locator
  /** what the page says, without waiting for more than that */
  shows(text: string | RegExp, where?: Locator): Promise<void>
}

export const flows = (form: Form, [from, to]: Part = [1, 12]): void =>
  inBrowser('the flows', () => {
    let browser: Browser
    let world: World
    let fleet: Fleet
    const say = wordsIn(form.lang)

    before(async () => {
      await buildConsole()
      browser = await openBrowser()
      world = await makeWorld()
    })
    after(async () => {
      await browser?.close()
      await world?.close()
    })

    const going = (page: Page): Going => ({
      page,
      hand: form.by === 'keyboard' ? keyboard(page) : pointer,
      say,
      button: (...text) => page.getByRole('button', { name: say(...text), exact: true }),
      link: (...text) => page.getByRole('link', { name: say(...text), exact: true }),
      field: (...text) => page.getByLabel(say(...text), { exact: true }),
      dialog: () => page.getByRole('dialog'),
      shows: (text, where) => (where ? where.filter({ hasText: text }) : page.getByText(text)).first().waitFor(),
    })
    let session: Session
    /** Signed in, with cold rooms that report. */
    const opened = async (): Promise<void> => {
      fleet = await coldRooms(world, await openDoor(world), 3)
      await visit(browser, world, form, async (page) => {
        await signIn(page, world)
        session = await page.context().storageState()
      })
    }
    const flow = (no: number, name: string, act: (g: Going) => Promise<void>) => {
      if (no < from || no > to) return
      test(`W1 ${no} ${name} (${form.lang} ${form.size}, ${form.by})`, async () => {
        const first = no === 1
        if (!(first || session)) await opened()
        await visit(browser, world, first ? form : { ...form, as: session }, (page) => act(going(page)))
      })
    }

    // CONSOLE-3, CONSOLE-7
    flow(
      1,
      'the first start: the printed password opens, is replaced, and opens no more',
      async ({ page, hand, button, field }) => {
        const printed = firstPassword(world)
        await page.goto('/')
        await hand.write(page.locator('input[name=username]'), 'admin')
        await hand.write(page.locator('input[name=password]'), printed)
        await hand.press(button('shell', 'signIn'))
        await hand.write(page.locator('input[autocomplete=new-password]'), PASSWORD)
        await hand.choose(field('shell', 'zone'), 'Asia/Shanghai')
        await hand.press(button('shell', 'mustChange'))
        await page.locator('a.choice').nth(2).waitFor()
        assert.match(page.url(), /\/welcome$/)
        const body = JSON.stringify({ name: 'admin', password: printed })
        const headers = { 'Content-Type': 'application/json' }
        const again = await ask(world.listen['apiprovider']!, { method: 'POST', path: '/admin/v1/session', headers, body })
        assert.equal(again.status, 401)
      },
    )

    flow(2, 'a product with its model: an object is added, and what is published is said before', async (g) => {
      const { page, hand, button, field, dialog, shows } = g
      await page.goto('/products')
      await hand.press(button('products', 'create'))
      await hand.write(field('common', 'name'), 'Greenhouse')
      await hand.choose(field('products', 'begin'), 'sensor')
      await hand.press(button('products', 'make'))
      await dialog().waitFor({ state: 'detached' })
      await hand.press(button('products', 'addObject'))
      await hand.write(field('products', 'label').last(), 'soil')
      await hand.press(button('products', 'addValue'))
      await hand.write(field('products', 'value'), 'moisture')
      await hand.choose(field('products', 'type'), '7')
      await hand.press(button('products', 'done'))
      await shows(/soil/, page.locator('.diff ins'))
      await hand.write(field('products', 'note'), 'soil')
      await hand.press(button('products', 'publish', 2))
      await shows(say('products', 'version', 2), page.locator('.head'))
      await shows(say('products', 'unchanged'))
    })

    flow(
      3,
      'a device of their own: the lines have its key, and the page turns green as it goes on',
      async ({ page, hand, field }) => {
        const serial = `bench-${form.by}`
        await page.goto(`/devices/connect?product=${fleet.product.id}&tool=curl`)
        await hand.write(field('connect', 'serial'), serial)
        await hand.press(page.getByRole('button', { name: say('connect', 'tools.mosquitto'), exact: true }))
        await page.locator('.code').getByText(fleet.product.key).first().waitFor()
        const green = (n: number) =>
          page
            .locator('ol.steps li[data-s=ok]')
            .nth(n - 1)
            .waitFor()
        const device = await world.device({ product: fleet.product, code: serial })
        await green(2)
        await device.connect()
        await green(3)
        await device.status({ climate: [5, 60] })
        await green(4)
        await hand.press(page.getByRole('link', { name: say('connect', 'openDevice') }))
        await page.locator('.values .v').first().waitFor()
        assert.match(page.url(), new RegExp(`/devices/${device.id}$`))
        await device.disconnect()
      },
    )

    flow(
      4,
      'a device that the tab plays: its frames go both ways, also behind other pages, until it is stopped',
      async ({ page, hand, say, button, link }) => {
        await page.goto(`/devices/connect?product=${fleet.product.id}`)
        await hand.press(button('connect', 'start'))
        await page.locator('ol.steps li[data-s=ok]').nth(3).waitFor()
        assert.match((await page.locator('.strip pre').textContent()) ?? '', /↑ s /)
        await hand.press(link('connect', 'openDevice'))
        await page.locator('main h1 .dot[data-s=ok]').waitFor()
        await page.locator('.values .v').first().waitFor()
        await hand.press(page.getByRole('link', { name: say('shell', 'playing', 1) }))
        await hand.press(button('connect', 'stop'))
        await page.locator('.strip').waitFor({ state: 'detached' })
        await link('connect', 'openDevice').waitFor()
      },
    )

    flow(5, 'a device live: a report changes its value, what would wrap is said, a command is delivered', async (g) => {
      const { page, hand, button, shows } = g
      const [device] = fleet.devices
      await page.goto(`/devices/${device!.id}`)
      await page.locator('.values .v').first().waitFor()
      await device!.status({ climate: [6.5, 63.25] })
      await shows('6.5', page.locator('.values'))
      await hand.press(button('device', 'zoomIn').first())
      const speed = page.getByRole('textbox', { name: form.lang === 'zh' ? '转速' : 'Speed' })
      await hand.write(speed, '70000')
      await shows(/4,?464/, page.locator('.field .error'))
      assert.ok(await page.getByRole('button', { name: new RegExp(`^${say('device', 'sendIt')}`) }).isDisabled())
      await hand.write(speed, '1500')
      await hand.press(page.getByRole('button', { name: new RegExp(`^${say('device', 'sendIt')}`) }))
      assert.deepEqual((await device!.expectCommand()).values, [1500])
      await page.locator('.life li[data-s=ok]').nth(2).waitFor()
      await hand.press(button('device', 'editDesired'))
      await hand.choose(page.getByRole('dialog').getByLabel(say('device', 'objectLabel')), 'fan')
      await hand.write(page.getByRole('dialog').getByRole('textbox'), '900')
      await hand.press(button('common', 'save'))
      assert.deepEqual((await device!.expectStatus()).data, { fan: [900] })
      await shows('900', page.locator('.table.plain'))
    })

    flow(6, 'why it is offline: the sentence, what mends it, and that it does', async ({ page, hand, say, shows, dialog }) => {
      const device = await world.connected({ product: fleet.product, code: `old-${form.by}` })
      const old = device.token
      await device.login()
      const other = { ...device.hello(), password: Buffer.from(old) }
      await device.disconnect()
      await device.connect(other).catch(() => {})
      await world.told(device, 'diary', 'token_unknown')
      await page.goto(`/devices?q=${encodeURIComponent(`old-${form.by}`)}`)
      await hand.press(page.locator(`.fleet a[href="/devices/${device.id}"]`))
      await hand.press(page.getByRole('link', { name: say('device', 'why') }).first())
      await shows(say('device', 'why'), page.locator('.note'))
      await hand.press(page.getByRole('button', { name: say('device', 'actions.accept-token') }))
      await shows(say('device', 'effects.accept-token'), dialog())
      await hand.press(dialog().getByRole('button', { name: say('device', 'actions.accept-token') }))
      await dialog().waitFor({ state: 'detached' })
      assert.equal((await device.comeBack(other)).reason, 0)
      await page.locator('.note[data-s=ok]').waitFor()
      await device.disconnect()
    })

    flow(7, 'packets: live, past, and a frame in quarantine that the mended model reads', async (g) => {
      const { page, hand, button, field, shows, dialog } = g
      const device = fleet.devices[1]!
      const no = form.by === 'keyboard' ? 9 : 8
      await page.goto(`/packets?product=${fleet.product.id}`)
      await shows(say('packets', 'waiting'))
      await device.publish('s', unknownObject(no))
      await device.publish('s', Buffer.from(device.statusFrame({ fan: [1] })).subarray(0, 33))
      await hand.press(page.locator('.pick-row').first())
      await shows(say('packets', 'fields'))
      await page.goto(`/packets/past?product=${fleet.product.id}`)
      await hand.press(page.locator('.pick-row').first())
      await page.locator('.hex table').waitFor()
      await page.goto(`/packets/quarantine?product=${fleet.product.id}`)
      await hand.press(
        page
          .locator('.pick-row')
          .filter({ hasText: say('packets', 'unknownObjects', String(no)) })
          .first(),
      )
      await hand.press(page.getByRole('link', { name: say('packets', 'addToModel.objects', no) }))
      await shows(new RegExp(`object${no}`), page.locator('.diff ins'))
      await hand.press(button('products', 'publish', (await modelOf()) + 1))
      await shows(say('products', 'unchanged'))
      await page.goto(`/packets/quarantine?product=${fleet.product.id}`)
      await hand.press(button('packets', 'redecode'))
      await hand.press(dialog().getByRole('button', { name: say('packets', 'redecode') }))
      await shows(say('packets', 'already'), page.locator('.picks'))
      await hand.press(button('packets', 'discard'))
      await hand.press(dialog().getByRole('button', { name: say('packets', 'discard') }))
      await shows(say('packets', 'discarded'), page.locator('.picks'))
      await hand.press(button('packets', 'paste'))
      await hand.write(field('packets', 'hex'), Buffer.from(unknownObject(no)).toString('hex'))
      await hand.press(button('packets', 'decode'))
      await shows('-61', dialog())
    })
    const modelOf = async (): Promise<number> => {
      const { version } = await world.peers.registry.model({ productId: fleet.product.id })
      return version
    }

    flow(8, 'a rule as a sentence: tried on the past, run, changed, brought back', async (g) => {
      const { page, hand, button, link, field, shows } = g
      const device = fleet.devices[2]!
      await device.status({ climate: [8.75, 50] })
      await page.goto('/rules')
      await hand.press(link('rules', 'write'))
      await hand.write(field('rules', 'name'), `Too warm ${form.by}`)
      await hand.choose(field('rules', 'product'), String(fleet.product.id))
      await hand.press(button('rules', 'addCondition'))
      await hand.choose(field('rules', 'valueName'), 'status.climate.temperature')
      await hand.write(field('rules', 'limit'), '8')
      await page.locator('svg .limit').waitFor({ state: 'attached' })
      await hand.choose(field('rules', 'then'), 'command')
      await hand.write(page.getByRole('textbox', { name: form.lang === 'zh' ? '转速' : 'Speed' }), '2400')
      await hand.press(button('rules', 'run'))
      await shows(/8\.75/, page.locator('.table'))
      await hand.press(button('rules', 'create'))
      await page.waitForURL(/\/rules\/\d+$/)
      await device.status({ climate: [9.5, 50] })
      assert.deepEqual((await device.expectCommand()).values, [2400])
      await hand.write(field('rules', 'limit'), '12')
      await shows(/12\.0/, page.locator('.diff ins'))
      await hand.press(button('rules', 'save', 2))
      await shows('v2', page.locator('.head'))
      await hand.press(page.getByRole('link', { name: say('rules', 'tabs.runs') }))
      await shows(say('rules', 'outcomes.ok'))
      await hand.press(page.getByRole('link', { name: say('rules', 'tabs.versions') }))
      await hand.press(button('rules', 'restore', 1))
      await shows('v3', page.locator('.head'))
      await hand.press(button('rules', 'remove'))
      await hand.press(page.getByRole('dialog').getByRole('button', { name: say('common', 'remove'), exact: true }))
      await page.waitForURL(/\/rules$/)
    })

    flow(9, 'an application: its key once, a test event, a receiver that fails and comes back', async (g) => {
      const { page, hand, button, link, field, shows, dialog } = g
      const device = fleet.devices[0]!
      await page.goto('/applications')
      await hand.press(button('apps', 'create').first())
      await hand.write(dialog().getByLabel(say('common', 'name'), { exact: true }), `Facility ${form.by}`)
      await hand.write(field('apps', 'url'), world.hooks.url)
      await hand.press(dialog().getByRole('button', { name: say('apps', 'create'), exact: true }))
      await shows(say('apps', 'once'), dialog())
      await hand.press(link('apps', 'openIt'))
      await hand.press(button('apps', 'test'))
      await until('a test event', async () => world.hooks.confirmed.length > 0)
      await device.event('door-open')
      await hand.press(page.locator('.pick-row').filter({ hasText: 'door-open' }).first())
      await shows('door-open', page.locator('.code'))
      for (const part of ['curl', say('apps', 'answer')]) {
        await hand.press(page.getByRole('button', { name: part, exact: true }))
        await page.locator('.code pre').first().waitFor()
      }
      await hand.press(button('apps', 'pause'))
      await hand.press(button('apps', 'resume'))
      world.hooks.manner = answers(503)
      await device.event('door-open')
      await shows(say('apps', 'states.failing'), page.locator('.head'))
      // as it is pressed: a try of its own would take the button away
      page.on('request', (r) => {
        if (r.url().endsWith('/retry')) world.hooks.manner = answers(200)
      })
      await hand.press(button('apps', 'tryNow'))
      await shows(say('apps', 'states.ok'), page.locator('.head'))
      await hand.press(page.getByRole('link', { name: say('apps', 'tabs.settings') }))
      const hook = world.hooks.confirmed.at(-1)!
      for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
        await hand.write(page.getByLabel(name, { exact: true }), String(hook.headers[name]))
      await hand.write(field('apps', 'bodyAsCame'), hook.body)
      await hand.press(button('apps', 'checkIt'))
      await shows(say('apps', 'signatures.ok'))
    })

    flow(10, 'the fleet: found by what they are, kept as a view, tagged; ⌘K finds anything', async (g) => {
      const { page, hand, button, field, shows, dialog } = g
      await page.goto('/devices')
      await hand.write(page.locator('#filter'), 'tag:north ')
      await page.locator('.fleet').getByText('Cold room 2').waitFor({ state: 'detached' })
      await shows(/Cold room 3/, page.locator('.fleet'))
      await hand.press(button('devices', 'saveView').first())
      await hand.write(dialog().getByLabel(say('common', 'name'), { exact: true }), `North ${form.by}`)
      await hand.press(dialog().getByRole('button', { name: say('common', 'save'), exact: true }))
      await page.getByRole('link', { name: `North ${form.by}` }).waitFor()
      await hand.press(page.getByRole('checkbox', { name: say('devices', 'select', 'Cold room 1') }))
      await hand.press(button('devices', 'tag'))
      await hand.write(field('devices', 'tagName'), `checked-${form.by}`)
      await hand.press(dialog().getByRole('button', { name: say('devices', 'tag'), exact: true }))
      await shows(say('devices', 'came', '1', '0'))
      await hand.press(button('devices', 'fine'))
      await hand.write(page.locator('#filter'), 'tag:nothing ')
      await hand.press(page.locator('.empty').getByRole('button', { name: say('devices', 'drop', 'tag:nothing') }))
      await shows(/Cold room 3/, page.locator('.fleet'))
      await page.keyboard.press('ControlOrMeta+k')
      await page.keyboard.insertText('Cold room 2')
      await page.getByRole('option', { name: /Cold room 2/ }).waitFor()
      await page.keyboard.press('Enter')
      await page.waitForURL(new RegExp(`/devices/${fleet.devices[1]!.id}$`))
    })

    flow(11, 'many at once: firmware that a model would break keeps its version, a command goes to all of a view', async (g) => {
      const { page, hand, button, shows, dialog } = g
      const product = await world.product({ name: `Plug ${form.by}`, config: demoConfig })
      const [a, b] = [await world.connected({ product, code: 'a' }), await world.connected({ product, code: 'b' })]
      await page.goto(`/products/${product.id}`)
      await hand.press(page.getByRole('button', { name: `${say('common', 'edit')} switch` }))
      await hand.choose(page.getByLabel(say('products', 'type')), '8')
      await shows(say('products', 'breaks', 1))
      await page.locator(`.card li p a[href="/devices/${a.id}"]`).waitFor()
      await hand.press(page.getByRole('checkbox', { name: say('products', 'keep', 1, '1.0.0') }))
      await hand.press(button('products', 'publish', 2))
      await shows(say('products', 'version', 2), page.locator('.head'))
      await hand.press(page.getByRole('link', { name: say('products', 'tabs.settings') }))
      await shows('1.0.0')
      await page.goto(`/devices?q=product:${product.id}`)
      for (const d of [b, a]) await hand.press(page.getByRole('row').filter({ hasText: d.identifier }).getByRole('checkbox'))
      await hand.press(button('devices', 'command'))
      await hand.write(dialog().getByRole('textbox').first(), '1')
      await shows(say('devices', 'reach', '2', '0'), dialog())
      await hand.press(button('devices', 'sendTo', '2'))
      await shows(say('devices', 'came', '2', '0'))
      for (const d of [a, b]) assert.deepEqual((await d.expectCommand()).values, [1])
    })

    flow(
      12,
      'the system and its people: a verdict, a backup that was read again, somebody new, a chain that is whole',
      async (g) => {
        const { page, hand, button, link, field, shows, dialog } = g
        await page.goto('/system')
        await page.locator('h1.verdict').waitFor()
        await hand.press(link('system', 'tabs.backups'))
        await hand.press(button('system', 'backup'))
        await shows(say('system', 'backupStates.whole'), page.locator('.list'))
        await hand.press(link('system', 'tabs.config'))
        await hand.write(field('system', 'find'), 'PANDO_DATA_DIR')
        await shows(world.dataDir)
        await page.goto('/access')
        await hand.press(button('access', 'add'))
        await hand.write(dialog().getByLabel(say('common', 'name'), { exact: true }), `night-${form.by}`)
        await hand.write(field('access', 'password'), PASSWORD)
        await hand.choose(field('access', 'role'), 'Operator')
        await hand.press(dialog().getByRole('button', { name: say('common', 'add'), exact: true }))
        await shows(`night-${form.by}`, page.locator('.table'))
        await hand.press(link('access', 'tabs.tokens'))
        await hand.press(button('access', 'newToken'))
        await hand.write(dialog().getByLabel(say('common', 'name'), { exact: true }), 'nightly')
        await hand.press(dialog().getByRole('button', { name: say('common', 'add'), exact: true }))
        await shows(say('access', 'tokenOnce'), dialog())
        await page.keyboard.press('Escape')
        await hand.press(link('access', 'tabs.audit'))
        await shows('user.add', page.locator('.table'))
        await hand.press(button('access', 'verify'))
        await shows(new RegExp(say('access', 'verified', '\\d+')))
      },
    )
  })
