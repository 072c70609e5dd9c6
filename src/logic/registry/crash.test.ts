import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const ROUNDS = Number(process.env['PANDO_TEST_CRASH_ROUNDS'] ?? 4)
const support = join(import.meta.dirname, '../../../test/support')
const worker = join(support, 'registryworker.ts')

interface Told {
  code: string
  id: number
  secret: string
  token: string
  error?: string
}

/** The lines of a worker that are whole. */
const told = <T = Told>(output: string): T[] =>
  output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T)

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
function killed<T = Told>(args: string[], afterLines: number, program = worker): Promise<T[]> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > afterLines) child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve(told<T>(output))))
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

  it('L3: kill -9 at any moment: each tick is run and finished, none is finished twice, the audit log is whole', async () => {
    const own = tempDir()
    let r = await startRegistry(own)
    const rules = await Promise.all([1, 2, 3].map((n) => r.face.addRule({ name: `${n}`, enabled: true, definition: '{}' })))
    const ids = rules.map((rule) => rule.id)
    await r.stop()
    type Line = { what: 'ran' | 'done' | 'changed'; rule: number; tick: number }
    const lines: Line[] = []
    const named = (what: Line['what']) => lines.filter((l) => l.what === what).map((l) => `${l.rule}/${l.tick}`)
    const newest = () => Math.max(0, ...lines.map((l) => l.tick))
    /** The first tick that is not known to have been run by every rule. */
    const next = (): number => {
      const ran = new Set(named('ran'))
      for (let tick = 0; ; tick++) if (!ids.every((id) => ran.has(`${id}/${tick}`))) return tick
    }
    for (let round = 0; round < ROUNDS; round++) {
      // two at a time: what one has claimed the other leaves alone; the leases of the dead are over in the next round
      const worked = [5 + round * 7, 9 + round * 3].map((n, i) => {
        const args = [own, `owner${round}.${i}`, String(next()), ids.join(','), String(1_900_000_000_000 + round * 1000)]
        return killed<Line>(args, n, join(support, 'ruleworker.ts'))
      })
      lines.push(...(await Promise.all(worked)).flat())
      r = await startRegistry(own)
      const proof = await r.face.auditVerify({})
      assert.deepEqual([proof.ok, proof.wrong], [true, undefined])
      assert.ok(proof.entries >= 4 + named('changed').length)
      await r.stop()
    }
    r = await startRegistry(own)
    r.clock.at = 1_900_000_000_000 + ROUNDS * 1000
    for (let tick = next(); tick <= newest(); tick++) {
      const claims = await r.face.claimTicks({ owner: 'last', items: ids.map((ruleId) => ({ ruleId, tick })) })
      claims.items.forEach((claim, i) => {
        if (claim === 'claimed') lines.push({ what: 'ran', rule: ids[i]!, tick })
      })
    }
    assert.equal(next(), newest() + 1, 'no tick was lost')
    assert.equal(new Set(named('done')).size, named('done').length, 'none was finished twice')
    assert.ok(named('done').length > 10)
    await r.stop()
    removeDir(own)
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
