import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const ROUNDS = Number(process.env['PANDO_TEST_CRASH_ROUNDS'] ?? 4)
const worker = join(import.meta.dirname, '../../../test/support/registryworker.ts')

interface Told {
  code: string
  id: number
  secret: string
  token: string
  error?: string
}

/** The lines of a worker that are whole. */
const told = (output: string): Told[] =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Told)

async function allThere(r: Registry, known: Told[]): Promise<void> {
  for (const k of known) assert.equal((await r.face.deviceByIdentifier({ identifier: `1-1-${k.code}` })).id, k.id)
  const { items } = await r.face.checkTokens({ items: known.map((k) => ({ deviceId: k.id, token: k.token })) })
  assert.deepEqual(
    items.filter((v) => !v.device),
    [],
  )
  assert.equal(new Set(known.map((k) => k.id)).size, known.length)
}

/** Kills a worker at some moment of its work → what it had acknowledged. */
function killed(args: string[], afterLines: number): Promise<Told[]> {
  const child = spawn(process.execPath, [worker, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > afterLines) child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve(told(output))))
}

describe('the registry', () => {
  const dir = tempDir()
  after(() => removeDir(dir))

  // DEV-4
  it('F-01: kill -9 at any moment loses nothing that was acknowledged, and the next start succeeds', async () => {
    let r = await startRegistry(dir)
    const { product } = await furnish(r.face)
    await r.stop()
    const known: Told[] = []
    for (let round = 0; round < ROUNDS; round++) {
      known.push(...(await killed([dir, `round${round}-`, product.key], 1 + round * 13)))
      r = await startRegistry(dir)
      await allThere(r, known)
      await r.stop()
    }
    assert.ok(known.length > 20, `${known.length} acknowledged`)
  })

  it('F-11: a full disk acknowledges nothing, loses nothing, and is forgotten when there is space', async (t) => {
    if (spawnSync('unshare', ['-rm', 'true']).status !== 0) return t.skip('no mount namespaces here')
    const own = tempDir()
    const r = await startRegistry(own)
    const { product } = await furnish(r.face)
    await r.stop()
    const [small, out] = [join(own, 'small'), join(own, 'out')]
    mkdirSync(small)
    mkdirSync(out)
    const steps = [
      'mount -t tmpfs -o size=1500k tmpfs "$1"',
      'cp "$2"/registry.db* "$1"; head -c 400000 /dev/zero > "$1/ballast"',
      '"$3" "$4" "$1" full- "$5"',
      'rm "$1/ballast"; timeout -s KILL 20 "$3" "$4" "$1" more- "$5"',
      'cp "$1"/registry.db* "$6"',
    ]
    const args = ['-rm', 'sh', '-c', steps.join('\n'), 'sh', small, own, process.execPath, worker, product.key, out]
    const { stdout } = spawnSync('unshare', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = told(stdout)
    const errors = lines.filter((l) => l.error !== undefined)
    assert.deepEqual(
      errors.map((e) => e.error),
      ['disk_full', 'disk_full'],
    )
    const known = lines.filter((l) => l.error === undefined)
    assert.ok(
      known.some((k) => k.code.startsWith('more-')),
      'it went on',
    )
    for (const f of readdirSync(out)) copyFileSync(join(out, f), join(own, f))
    const again = await startRegistry(own)
    await allThere(again, known)
    await again.stop()
    removeDir(own)
  })
})
