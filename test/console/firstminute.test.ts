/** The first minute: from the printed password to the value of a device on the screen. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { demoConfig } from '../../src/cli/device/product.ts'
import { firstPassword, PASSWORD } from '../admin/door.ts'
import { makeWorld, type World } from '../world.ts'
import { buildConsole, inBrowser, type Lang, openBrowser, type Size, visit } from './browser.ts'

inBrowser('the first minute', () => {
  let browser: Browser
  before(async () => {
    await buildConsole()
    browser = await openBrowser()
  })
  after(() => browser.close())

  const cloud = async (act: (world: World) => Promise<void>) => {
    const world = await makeWorld()
    try {
      await world.product({ name: 'Demo lamp', config: demoConfig })
      await act(world)
    } finally {
      await world.close()
    }
  }

  const forms: [Lang, Size][] = [
    ['en', 'wide'],
    ['zh', 'phone'],
  ]
  // CONSOLE-3, CONSOLE-4
  for (const [lang, size] of forms)
    test(`W5 ${lang} ${size}: six clicks from the sign-in to a value of a virtual device, within a minute`, () =>
      cloud((world) =>
        visit(browser, world, { lang, size }, async (page) => {
          const started = performance.now()
          let clicks = 0
          const click = async (selector: string) => {
            clicks++
            await page.locator(selector).click()
          }
          await page.goto('/')
          await page.locator('input[name=username]').fill('admin')
          await page.locator('input[name=password]').fill(firstPassword(world))
          await click('button[type=submit]')
          await page.locator('input[autocomplete=new-password]').fill(PASSWORD)
          await click('button[type=submit]')
          await click('a.choice[href*="virtual"]')
          await page.locator('ol.steps li[data-s=ok]').nth(3).waitFor({ timeout: 30_000 })
          await click('.card a.btn[href^="/devices/"]')
          await page.locator('.values .v').first().waitFor()
          assert.match((await page.locator('.values .v').allTextContents()).join(' '), /\d/)
          const took = performance.now() - started
          assert.ok(clicks <= 6, `${clicks} clicks`)
          assert.ok(took < 60_000, `${took} ms`)
        }),
      ))

  // CONSOLE-3
  test('a wrong password says how many tries are left; a session that ends elsewhere asks for the password and goes on', () =>
    cloud((world) =>
      visit(browser, world, {}, async (page) => {
        await page.goto('/devices')
        await page.locator('input[name=username]').fill('admin')
        await page.locator('input[name=password]').fill('not this one')
        await page.locator('button[type=submit]').click()
        await page
          .getByRole('alert')
          .getByText(/\d+ tr(y|ies) left/)
          .waitFor()
        await page.locator('input[name=password]').fill(firstPassword(world))
        await page.locator('button[type=submit]').click()
        await page.locator('input[autocomplete=new-password]').fill(PASSWORD)
        await page.locator('button[type=submit]').click()
        await page.locator('a.choice').first().waitFor()
        await page.goto('/devices')
        await page.locator('#filter').fill('typed-before')
        const { items } = await world.peers.registry.users({})
        await world.peers.registry.revokeSessions({ userId: items[0]!.id })
        await page.getByRole('dialog').locator('input[name=password]').fill(PASSWORD)
        await page.getByRole('dialog').locator('button[type=submit]').click()
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        assert.equal(await page.locator('#filter').inputValue(), 'typed-before')
      }),
    ))
})
