/** What could not be read: it says so where it stands, by which request, and is tried again. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Door, openDoor } from '../admin/door.ts'
import { makeWorld, until, type World } from '../world.ts'
import { buildConsole, inBrowser, openBrowser, type Session, signIn, visit } from './browser.ts'
import { wordsIn } from './words.ts'

const say = wordsIn('en')

const problem = (status: number, code: string) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({
    ...{ type: `/docs/errors#${code}`, title: code, status, code, params: {} },
    request_id: 'of-this-test',
  }),
})
const FAILURE = problem(500, 'internal')
const GONE = problem(410, 'gone')

inBrowser('what could not be read', () => {
  let browser: Browser
  let world: World
  let door: Door
  let session: Session

  before(async () => {
    await buildConsole()
    browser = await openBrowser()
    world = await makeWorld()
    await world.device()
    door = await openDoor(world)
    await visit(browser, world, {}, async (page) => {
      await signIn(page, world)
      session = await page.context().storageState()
    })
  })
  after(async () => {
    await browser?.close()
    await world?.close()
  })

  // CONSOLE-10
  test('the fleet: rows that cannot be read are tried again on request; a view that is kept no more is made anew', () =>
    visit(browser, world, { as: session }, async (page) => {
      let answer: 'failure' | 'gone' | 'rows' = 'failure'
      await page.route('**/admin/v1/device-views/*/rows**', async (route) => {
        if (answer === 'rows') return route.continue()
        if (answer === 'failure') return route.fulfill(FAILURE)
        answer = 'rows'
        await route.fulfill(GONE)
      })
      const row = page.locator('.fleet tbody a[href^="/devices/"]').first()
      const wrong = page.locator('main#main .note[data-s=bad]')
      await page.goto('/devices')
      await wrong.filter({ hasText: 'of-this-test' }).waitFor()
      assert.equal(await row.count(), 0)
      // what is known of the fleet without its rows stays
      await page.getByText(say('devices', 'match', '1', '1')).waitFor()
      answer = 'rows'
      await page.getByRole('button', { name: say('common', 'tryAgain') }).click()
      await row.waitFor()
      assert.equal(await wrong.count(), 0)
      answer = 'gone'
      await page.goto('/devices')
      await row.waitFor()
      assert.equal(await wrong.count(), 0)
    }))

  // CONSOLE-10
  test('the system at a glance: what runs, whether there is a backup, and why that is not known', () =>
    visit(browser, world, { as: session }, async (page) => {
      let broken = false
      await page.route(/\/admin\/v1\/system$/, (route) => (broken ? route.fulfill(FAILURE) : route.continue()))
      const card = page.locator('.card').filter({ has: page.locator('h2 a[href="/system"]') })
      await page.goto('/')
      await card.getByText(say('overview', 'noBackup')).waitFor()
      const { services, engines } = await door.client('GET /system', {})
      const [instances, all] = [services.flatMap((s) => s.instances).length, engines.length].map(String)
      for (const text of [say('overview', 'running', instances, instances, 1), say('overview', 'reachable', all, all)])
        await card.getByText(text).waitFor()
      assert.match((await card.locator('meter').getAttribute('value')) ?? '', /^[1-9]/)
      await door.client('POST /backups', { body: {} })
      await until('a backup', async () => (await door.client('GET /backups', {})).items[0]?.state === 'whole', 60_000)
      await page.reload()
      await card.locator('time').waitFor()
      broken = true
      await page.reload()
      await card.locator('.note[data-s=bad]').waitFor()
      broken = false
      await card.getByRole('button', { name: say('common', 'tryAgain') }).click()
      await card.locator('meter').waitFor()
    }))
})
