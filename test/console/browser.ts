/**
 * The console in a real browser on a real cloud. Where there is no Chromium its tests are skipped with that reason, or fail if
 * PANDO_TEST_BROWSER is `required`.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { isFresh } from '../../console/fresh.ts'
import { firstPassword, PASSWORD } from '../admin/door.ts'
import { root } from '../world/root.ts'
import { sleep, type World } from '../world.ts'

export type Lang = 'en' | 'zh'
export const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const
export type Size = keyof typeof sizes

const PROGRAM = process.env['PANDO_TEST_CHROMIUM'] || '/usr/bin/chromium'

/** Registers tests that need a browser. */
export function inBrowser(what: string, tests: () => void): void {
  if (existsSync(PROGRAM)) return tests()
  const required = process.env['PANDO_TEST_BROWSER'] === 'required'
  test(`${what} in a browser`, required ? {} : { skip: `no ${PROGRAM}` }, () => {
    throw new Error(`no ${PROGRAM}, but PANDO_TEST_BROWSER is required`)
  })
}

/** As the sources are now; several test files build once. */
export async function buildConsole(): Promise<void> {
  const lock = join(root, 'dist.console-lock')
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      await sleep(100)
    }
  }
  try {
    if (!isFresh(root)) execFileSync(process.execPath, [join(root, 'console/build.ts')], { stdio: 'pipe' })
  } finally {
    rmdirSync(lock)
  }
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })

interface VisitOptions {
  lang?: Lang
  size?: Size
  scheme?: 'light' | 'dark'
  /** what another visit came to: it is signed in already */
  as?: Session | undefined
}

/** Cookies and what the page keeps. */
export type Session = Awaited<ReturnType<BrowserContext['storageState']>>

/** A visit in a browser of its own; fails also with what the browser complained of: violations of the policy, errors of scripts. */
export async function visit(browser: Browser, world: World, o: VisitOptions, act: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    baseURL: world.listen['apiprovider']!,
    viewport: sizes[o.size ?? 'wide'],
    locale: o.lang === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    colorScheme: o.scheme ?? 'light',
    reducedMotion: 'reduce',
    permissions: ['clipboard-write'],
    ...(o.as && { storageState: o.as }),
  })
  // however busy the machine is: a password alone is a second of its time
  context.setDefaultTimeout(90_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (e) => complaints.push(String(e)))
  page.on('console', (m) => {
    if (/Content.Security.Policy|Trusted ?Type/i.test(m.text())) complaints.push(m.text())
  })
  try {
    await act(page)
  } catch (e) {
    const shown = await page
      .locator('body')
      .innerText({ timeout: 1000 })
      .catch(() => '')
    throw new Error(
      `${(e as Error).message}\nat ${page.url()}, which shows:\n${shown.slice(0, 1500)}\n${complaints.join('\n')}`,
      { cause: e },
    )
  } finally {
    await context.close()
  }
  assert.deepEqual(complaints, [])
}

/**
 * Signs in as the first administrator; the first time the printed password is replaced, as it must be. Or as somebody who was added with
 * this password, and replaces it.
 */
export async function signIn(page: Page, world: World, name = 'admin', own = PASSWORD): Promise<void> {
  await page.goto('/')
  const printed = name === 'admin' && existsSync(join(world.dataDir, 'admin-password'))
  await page.locator('input[name=username]').fill(name)
  await page.locator('input[name=password]').fill(printed ? firstPassword(world) : PASSWORD)
  await page.locator('button[type=submit]').click()
  if (printed || own !== PASSWORD) {
    await page.locator('input[autocomplete=new-password]').fill(own)
    await page.locator('button[type=submit]').click()
  }
  await page.locator('main#main .head').waitFor()
}
