/** What pages show to be pasted elsewhere works as it was pasted. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openDoor } from '../admin/door.ts'
import { needs } from '../support/programs.ts'
import { type Device, makeWorld, until, type World } from '../world.ts'
import { buildConsole, inBrowser, openBrowser, signIn, visit } from './browser.ts'
import { coldRooms, type Fleet } from './fleet.ts'
import { wordsIn } from './words.ts'

const say = wordsIn('en')
/** In an identifier, a path and a line of a shell they mean something. */
const SERIAL = `it's $HOME/"1" & 2`

type Tool = 'curl' | 'node' | 'python'
const programs: Record<Tool, (text: string) => [string, ...string[]]> = {
  curl: (text) => ['sh', '-c', text],
  node: (text) => [process.execPath, '--input-type=module', '-e', text],
  python: (text) => ['python3', '-u', '-c', text],
}

interface Running {
  said(): string
  /** → what it wrote */
  ended: Promise<string>
  stop(): void
}

function paste(tool: Tool, text: string, env: Record<string, string>): Running {
  const [name, ...args] = programs[tool](text)
  // a shell's child too is ended
  const child = spawn(name, args, { env: { PATH: process.env['PATH'], ...env }, detached: true })
  let said = ''
  let complained = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (complained += part))
  const ended = new Promise<string>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => (code === 0 || signal ? done(said) : fail(new Error(`${tool}: ${complained}${said}`))))
  })
  return { said: () => said, ended, stop: () => void process.kill(-child.pid!, 'SIGTERM') }
}

inBrowser('what is pasted', () => {
  let browser: Browser
  let world: World
  let fleet: Fleet
  let device: Device
  let keys: { app: string; token: string; application: number }

  before(async () => {
    await buildConsole()
    browser = await openBrowser()
    world = await makeWorld()
    const door = await openDoor(world)
    fleet = await coldRooms(world, door, 1)
    device = await world.device({ product: fleet.product, code: SERIAL })
    await device.connect({ keepAlive: 0 })
    await device.status({ climate: [4.5, 61], fan: [1200] })
    const made = await door.client('POST /applications', { body: { name: 'ops', scope: '*', url: world.hooks.url } })
    keys = { app: made.key, token: await door.tokenOf('Operator'), application: made.application.id }
  })
  after(async () => {
    await browser?.close()
    await world?.close()
  })

  const at = (path: string, act: (page: Page) => Promise<void>) =>
    visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      await page.goto(path)
      await act(page)
    })
  const answer = async (tool: Tool, text: string, env: Record<string, string>) => JSON.parse(await paste(tool, text, env).ended)

  // CONSOLE-12
  test('Use in code: each of its lines, in each language, does what it says', needs('curl', 'python3'), () =>
    at(`/devices/${device.id}`, async (page) => {
      await page.getByRole('button', { name: say('device', 'useInCode') }).click()
      for (const tool of ['curl', 'node', 'python'] as const) {
        await page.getByRole('dialog').getByRole('button', { name: tool, exact: false }).click()
        const [read, send, told] = await page.getByRole('dialog').locator('.code pre').allTextContents()
        const env = { APP_KEY: keys.app }
        assert.deepEqual((await answer(tool, read!, env)).data.climate, [4.5, 61], tool)
        const [sent, { name, values }] = await Promise.all([answer(tool, send!, env), device.expectCommand()])
        assert.deepEqual([sent.code, name, values], [0, 'set-fan', [0]], tool)
        const listening = paste(tool, told!, env)
        try {
          await until(`${tool} to be told`, async () => {
            await device.event('door-open')
            return listening.said().includes('door-open')
          })
        } finally {
          listening.stop()
          await listening.ended.catch(() => '')
        }
      }
    }),
  )

  // CONSOLE-12
  test('Copy as curl: the command that is set there is sent by the line', needs('curl'), () =>
    at(`/devices/${device.id}`, async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
      const send = page.getByRole('button', { name: new RegExp(`^${say('device', 'sendIt')}`) })
      const opacity = () => send.evaluate((el) => el.ownerDocument.defaultView!.getComputedStyle(el).opacity)
      assert.notEqual(await opacity(), '1', 'what cannot be pressed looks so')
      await page.getByRole('textbox', { name: 'Speed' }).fill('1500')
      assert.equal(await opacity(), '1')
      await page.getByRole('button', { name: say('device', 'asCurl') }).click()
      await page.getByRole('button', { name: say('common', 'copied') }).waitFor()
      const text = await page.evaluate<string>('navigator.clipboard.readText()')
      const { command, params } = await answer('curl', text, { PANDO_TOKEN: keys.token })
      assert.deepEqual([command, params], ['set-fan', [1500]])
      assert.deepEqual((await device.expectCommand()).values, [1500])
    }),
  )

  // CONSOLE-12
  test('a delivery as curl: the receiver gets the same body under the same id', needs('curl'), async () => {
    await device.event('door-open')
    const made = await until('the delivery', async () => world.hooks.confirmed.find((h) => h.body.includes('door-open')))
    await at(`/applications/${keys.application}`, async (page) => {
      await page.locator('.pick-row').filter({ hasText: 'door-open' }).last().click()
      await page.getByRole('button', { name: 'curl', exact: true }).click()
      const text = await page.locator('.code pre').textContent()
      const before = world.hooks.hooks.length
      await paste('curl', text!, {}).ended
      assert.equal(world.hooks.hooks.length, before + 1)
      const { id, body } = world.hooks.hooks.at(-1)!
      const same = world.hooks.confirmed.find((h) => h.id === id)!
      assert.deepEqual([same.body, made.json.tag], [body, 'event'])
    })
  })
})
